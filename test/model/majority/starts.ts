/** Where histories of the register begin, on the real members. */
import { step } from '@baton/shared/core/registry/machine'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import { type Created, startAuthority, tokenOf } from '@baton/shared/core/registry/types'
import type { Instant, Jws, UnixMs } from '@baton/shared/ids'
import { FROM, founded, memberOf, NAMES, POLICY } from '../cluster/registry.ts'
import { NODES } from '../cluster/types.ts'
import { arrive, ask, run, startMember } from './acts.ts'
import type { Letter, Members } from './types.ts'

const [A, B, C] = NODES

export const REGISTER_STARTS: Readonly<Record<string, () => Members>> = {
  founded: foundedMembers,
  unfounded,
  halfFounded,
}

/** The search begins also where a value of one disk is under way. */
export const REGISTER_SEARCH_STARTS: Readonly<Record<string, () => Members>> = { ...REGISTER_STARTS, minority }

function threeMembers(seat: Parameters<typeof startMember>[1]): Members {
  return {
    states: new Map(NODES.map((node) => [node, startMember(node, seat, 1)])),
    disks: new Map(NODES.map((node) => [node, seat])),
    lives: new Map(NODES.map((node) => [node, 1])),
    wire: new Map(),
    votes: new Map(),
    lost: [],
    broken: [],
  }
}

/** All hold the first grant, know it to be decided, and may be elected. */
function foundedMembers(): Members {
  const ballot = { counter: 1, node: A }
  const first = { ballot, value: { registry: firstRegistry(), proof: 'proven' as Jws } }
  let members = threeMembers({ promised: ballot, accepted: first })
  for (const node of NODES) {
    const from = node === A ? B : A
    members = run(members, node, { i: 'message', from, message: { m: 'decided', decided: first } })
  }
  return members
}

function firstRegistry(): Created {
  let state = startAuthority({ status: 'absent' }, 0 as Instant)
  const send = (input: RegistryInput): void => {
    state = step(state, input, { now: 0 as Instant, wallClock: 0 as UnixMs }).state
  }
  send({ i: 'create', ...NAMES, founder: A, policy: POLICY })
  for (const node of [C, B, A]) send({ i: 'memberSeen', member: memberOf(node), nonce: `1${node}` })
  const { version, ...registry } = founded(state)
  const reshape = { ...NAMES, ...tokenOf({ version, ...registry }), version, node: A, syncSet: NODES }
  send({ i: 'reshape', from: FROM, reshape, statement: 'signed.by.a' as Jws })
  const last = founded(state)
  if (last.syncSet.length !== NODES.length) throw new Error('the sync set was not recorded')
  return last
}

/** New disks, and all have heard so. */
function unfounded(): Members {
  let members = threeMembers({ promised: null, accepted: null })
  for (const node of NODES) {
    for (const from of NODES) {
      if (from === node) continue
      const message = { m: 'memory', life: `${node}/1`, promised: null, accepted: null } as const
      members = run(members, node, { i: 'message', from, message })
    }
  }
  return members
}

/** The first value has come to the founder's disk and to one other, and nobody knows yet that it is decided. */
function halfFounded(): Members {
  let members = ask(unfounded(), A, 'found')
  for (const m of ['prepare', 'promise'] as const) members = arriveAll(members, (letter) => letter.message.m === m)
  members = arriveAll(members, ({ message, to }) => message.m === 'accept' && to === B)
  return { ...members, wire: new Map() }
}

/** The founder has accepted its own second grant, which nobody else has heard of. */
function minority(): Members {
  let members = ask(foundedMembers(), A, 'claim')
  members = arriveAll(members, ({ message, to }) => message.m === 'prepare' && to === B)
  members = arriveAll(members, ({ message }) => message.m === 'promise')
  return { ...members, wire: new Map() }
}

function arriveAll(members: Members, fits: (letter: Letter) => boolean): Members {
  const which = [...members.wire].filter(([, letter]) => fits(letter))
  return which.reduce((rest, [name]) => arrive(rest, name), members)
}
