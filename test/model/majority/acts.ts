/** Steps of the real members: what they write goes to their disks, what they send goes on its way. No link is ever up: nothing is asked unasked. */
import { arbiterStep, NO_SEAT, startArbiter } from '@baton/shared/core/arbiter/machine'
import type { ArbiterInput, ArbiterSend } from '@baton/shared/core/arbiter/messages'
import type { ArbiterState, Seat } from '@baton/shared/core/arbiter/types'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import { tokenOf } from '@baton/shared/core/registry/types'
import type { Epoch, Instant, Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { FROM, memberOf, NAMES, POLICY } from '../cluster/registry.ts'
import { NODES } from '../cluster/types.ts'
import { type Letter, type Members, stateOf, type Vote } from './types.ts'
import { acceptedOf, letterKey } from './words.ts'

const START = 0 as Instant
/** Between two ballots more time passes than any rule of the registry waits for. */
const BALLOT_MS = 10_000_000

export const MAJORITY = 2

export function startMember(node: NodeId, seat: Seat, life: number): ArbiterState {
  const config = { member: memberOf(node), ...NAMES, founder: NODES[0], policy: POLICY, members: NODES }
  return startArbiter(config, seat, `${node}/${life}`, START)
}

export function run(members: Members, node: NodeId, input: ArbiterInput, now = START): Members {
  const before = stateOf(members, node)
  const wallClock = ((before.counter + 1) * BALLOT_MS) as UnixMs
  const taken = arbiterStep(before, input, { now, wallClock, prove: () => 'proven' as Jws })
  const states = new Map(members.states).set(node, taken.state)
  const disks = new Map(members.disks)
  for (const { seat } of taken.write) disks.set(node, seat)
  const wire = new Map(members.wire)
  for (const letter of taken.send.flatMap((send) => lettersOf(node, send))) wire.set(letterKey(letter), letter)
  const asks = taken.state.standing.s === 'asking'
  const lost = asks ? members.lost : members.lost.filter((one) => one !== node)
  return watch({ ...members, states, disks, wire, lost }, node)
}

function lettersOf(from: NodeId, send: ArbiterSend): readonly Letter[] {
  if (send.s === 'member') return [{ from, to: send.to, message: send.message }]
  if (send.s !== 'accepted') return []
  const { to, ballot, sign } = send
  return [{ from, to, message: { m: 'accepted', ballot, signature: sign === null ? null : `signed by ${from}` } }]
}

/** What is on a disk now has been there. */
function watch(members: Members, node: NodeId): Members {
  const { ballot, grants } = acceptedOf(members.disks.get(node)!.accepted)
  if (ballot === 0) return members
  const text = grants.map(({ epoch, node: to }) => `${epoch}${to}`).join('.')
  const known = members.votes.get(ballot) ?? { grants: text, by: [] }
  const broken = known.grants === text ? [] : [`MJ1: two values under ballot ${ballot}`]
  if (broken.length === 0 && known.by.includes(node)) return members
  const votes = new Map(members.votes).set(ballot, { ...known, by: [...new Set([...known.by, node])].sort() })
  return { ...members, votes, broken: [...members.broken, ...broken] }
}

/** It arrives. Unless it is to come `again`, it is gone. */
export function arrive(members: Members, which: string, again = false): Members {
  const letter = members.wire.get(which)
  if (letter === undefined) throw new Error(`nothing on its way says ${which}`)
  const wire = new Map(members.wire)
  if (!again) wire.delete(which)
  const { from, to, message } = letter
  return run({ ...members, wire }, to, { i: 'message', from, message })
}

export function ask(members: Members, node: NodeId, kind: string): Members {
  const wish = kind === 'claim' ? claimOf(members, node) : kind === 'found' ? founding(node) : confirming(node)
  return run(members, node, { i: 'ask', ask: wish })
}

/** Of what this member knows to be decided: as its master, or as one that the master has resigned for. */
function claimOf(members: Members, node: NodeId): RegistryInput {
  const registry = stateOf(members, node).decided?.value.registry
  if (registry?.status !== 'founded') throw new Error(`${node} knows of no grant`)
  const { version, master, lastGrant } = registry
  const { generation, epoch } = tokenOf(registry)
  const next = (epoch + 1) as Epoch
  const own = master === node
  const nonce = `${lastGrant.nonce}.${next}${node}`
  const wanted = { generation, epoch: next, version, node, nonce, durableIndex: 0 as never, coming: null }
  const evidence = own ? ({ kind: 'own' } as const) : ({ kind: 'resigned' } as const)
  const claim = { ...NAMES, ...wanted, evidence }
  const resignation = own ? null : { ...NAMES, generation, epoch, node: master, to: node }
  return { i: 'claim', from: FROM, claim, resignation } as RegistryInput
}

function founding(node: NodeId): RegistryInput {
  return { i: 'memberSeen', member: memberOf(node), nonce: `1${node}` }
}

/** Changes nothing: it reads what is decided. */
function confirming(node: NodeId): RegistryInput {
  return { i: 'confirm', from: FROM, node, token: { generation: 1, epoch: 1 } as never }
}

export function again(members: Members, node: NodeId): Members {
  return run(members, node, { i: 'timer', name: 'proposal' })
}

export function giveUp(members: Members, node: NodeId): Members {
  return run(members, node, { i: 'timer', name: 'proposal' }, LIMITS.arbiterAskMs as number as Instant)
}

export function recall(members: Members, node: NodeId): Members {
  return run(members, node, { i: 'timer', name: 'recall' })
}

/** A new process over the same disk. */
export function restart(members: Members, node: NodeId): Members {
  const life = members.lives.get(node)! + 1
  const states = new Map(members.states).set(node, startMember(node, members.disks.get(node)!, life))
  return { ...members, states, lives: new Map(members.lives).set(node, life) }
}

/** A new process over an empty disk: what it had voted for, and is not decided, has one vote less. */
export function wipe(members: Members, node: NodeId): Members {
  const votes = new Map<number, Vote>()
  for (const [ballot, vote] of members.votes) {
    const by = vote.by.length >= MAJORITY ? vote.by : vote.by.filter((one) => one !== node)
    if (by.length > 0) votes.set(ballot, { ...vote, by })
  }
  const disks = new Map(members.disks).set(node, NO_SEAT)
  return restart({ ...members, disks, votes, lost: [...members.lost, node] }, node)
}
