/**
 * A member that lies, in every message that has its form: it may spoil what the members of its own cluster decide, but it ends nobody's process,
 * and leaves on nobody's disk what could not be read again.
 */
import type { ArbiterMessage } from '@baton/shared/core/arbiter/messages'
import type { Accepted } from '@baton/shared/core/arbiter/types'
import { LIMITS } from '@baton/shared/limits'
import { readArbiterMessage, readSeat, writeArbiterMessage, writeSeat } from '@baton/shared/protocol/arbiter/messages'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { times } from '../../support/long.ts'
import { placesIn, replacedAt, valueAt } from '../../support/mutations.ts'
import { A, B, C, foundedMembers, type Members } from './fixture.ts'
import { action, FIVE, History, THREE } from './history.ts'

const LIAR = C

type Tree = null | boolean | number | string | readonly Tree[] | { readonly [key: string]: Tree }

/** Another value of the same kind, near what is compared with it or at the edge of what can be written. */
function otherwise(value: Tree, pick: number, names: readonly string[]): Tree {
  const of = <T>(all: readonly T[]): T => all[pick % all.length]!
  if (typeof value === 'number') {
    const { ballotLead, raisedNumber } = LIMITS
    return of([value + 1, value - 1, 0, 1, value + ballotLead, value + ballotLead + 1, raisedNumber, 2 ** 53 - 1])
  }
  if (typeof value === 'boolean') return !value
  if (typeof value === 'string')
    return names.includes(value) ? of(names) : of([value, 'x', '', 'resigned', 'founded', 'unfounded'])
  if (Array.isArray(value))
    return of<Tree>([[], value.slice(1), [...value, ...value.slice(0, 1)], value.toReversed(), null])
  return of<Tree>([null, {}, value])
}

const lie = fc.record({
  do: fc.constant('lie' as const),
  to: fc.nat(4),
  which: fc.nat(),
  kind: fc.constantFrom('letter', 'prepare', 'accept', 'refused', 'decided', 'promise', 'memory'),
  above: fc.constantFrom(0, 1, 1, 2, LIMITS.ballotLead, LIMITS.ballotLead + 1, LIMITS.raisedNumber),
  proven: fc.boolean(),
  changes: fc.array(fc.record({ place: fc.nat(), pick: fc.nat(40) }), { maxLength: 3 }),
})
type Lie = typeof lie extends fc.Arbitrary<infer Value> ? Value : never

/** Of what the liar knows: everything. */
function messageOf(members: Members, { kind, above, proven, which }: Lie): ArbiterMessage | null {
  const { decided, seat, counter, proposal, life } = members.states.get(LIAR)!
  const held: Accepted | null = seat.accepted ?? decided
  if (kind === 'letter') return members.letters[which % Math.max(1, members.letters.length)]?.message ?? null
  if (held === null) return null
  const ballot = { counter: counter + above, node: LIAR }
  const value = proven ? held.value : { ...held.value, proof: null }
  const accepted = { ballot, value }
  switch (kind) {
    case 'prepare':
      return { m: 'prepare', ballot }
    case 'accept':
      return { m: 'accept', ballot, value, founding: false }
    case 'refused':
      return { m: 'refused', ballot, promised: ballot }
    case 'decided':
      return { m: 'decided', decided: accepted }
    case 'promise': {
      // To whoever waits for it.
      const asked = [...members.states.values()].flatMap(({ proposal: theirs }) =>
        theirs?.p === 'preparing' ? [theirs] : [],
      )
      const [waiting] = asked
      const own = proposal?.p === 'preparing' ? proposal.promises.get(LIAR) : undefined
      const hearing = own?.hearing ?? { listeningMs: 9, reports: [], links: [], grantedMs: 1, foreignSilence: null }
      return waiting === undefined ? null : { m: 'promise', ballot: waiting.ballot, accepted, hearing }
    }
    default:
      return { m: 'memory', life, promised: ballot, accepted }
  }
}

function tell(members: Members, each: Lie): void {
  const said = messageOf(members, each)
  const others = members.names.filter((name) => name !== LIAR)
  const to = others[each.to % others.length]!
  if (said === null) return
  let tree = JSON.parse(writeArbiterMessage(said)) as Tree
  for (const { place, pick } of each.changes) {
    const places = placesIn(tree)
    const path = places[place % places.length]!
    tree = replacedAt(tree, { path }, otherwise(valueAt(tree, path) as Tree, pick, members.names)) as Tree
  }
  if (said.m === 'memory') tree = { ...(tree as object), life: members.states.get(to)!.life } as Tree
  const read = readArbiterMessage(JSON.stringify(tree))
  // A signature is verified before the machine sees it.
  if (!read.ok || (read.value.m === 'accepted' && read.value.signature !== null)) return
  members.arrive({ from: LIAR, to, message: read.value })
}

test.each([
  ['three', THREE],
  ['five', FIVE],
])('[MJ1, API2] nothing that one of %s members says ends another one, now or at its next start', (_, names) => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: action }, { weight: 2, arbitrary: lie }), {
    minLength: 10,
    maxLength: 80,
    size: 'max',
  })
  const property = fc.property(steps, (all) => {
    const { members, act } = historyOf(names)
    for (const each of all) {
      if (each.do === 'lie') tell(members, each)
      else act(each)
      for (const seat of members.disks.values()) {
        const read = readSeat(writeSeat(seat))
        expect(read.ok || read.why).toBe(true)
      }
    }
    for (const name of names) members.restart(name)
    members.advance(1_000)
  })
  fc.assert(property, { numRuns: times(250, 100) })
})

function historyOf(names: readonly (typeof A)[]) {
  const history = new History(names)
  history.members.checksVotes = true
  return { members: history.members, act: (each: Parameters<History['act']>[0]) => history.act(each) }
}

function lied(to: typeof A, message: (members: Members) => ArbiterMessage) {
  const members = foundedMembers()
  const before = members.states.get(to)!
  members.arrive({ from: LIAR, to, message: message(members) })
  return { members, before, after: members.states.get(to)! }
}

/** The decided value as A has it, with a change of its registry, under the next ballot. */
function laterDecision(members: Members, change: object, proof: string | null = 'a.b.c'): Accepted {
  const { ballot, value } = members.states.get(A)!.decided!
  return {
    ballot: { counter: ballot.counter + 1, node: LIAR },
    value: { proof: proof as never, registry: { ...value.registry, ...change } as never },
  }
}

test.each<[string, (members: Members) => ArbiterMessage]>([
  ['an older version', (members) => ({ m: 'decided', decided: laterDecision(members, { version: 1 }) })],
  [
    'another master of the same token',
    (members) => {
      const { lastGrant } = members.known(A)
      return { m: 'decided', decided: laterDecision(members, { master: B, lastGrant: { ...lastGrant, node: B } }) }
    },
  ],
  ['no proof', (members) => ({ m: 'decided', decided: laterDecision(members, {}, null) })],
  [
    'a cluster that is not founded',
    (members) => ({ m: 'decided', decided: laterDecision(members, { status: 'unfounded' }) }),
  ],
  ['a master outside the sync set', (members) => ({ m: 'decided', decided: laterDecision(members, { syncSet: [B] }) })],
  ['another cluster', (members) => ({ m: 'decided', decided: laterDecision(members, { cluster: 'c9' }) })],
  ['the last ballot that there is', () => ({ m: 'prepare', ballot: { counter: LIMITS.raisedNumber, node: LIAR } })],
  [
    'a version that nothing can follow',
    (members) => ({ m: 'decided', decided: laterDecision(members, { version: 2 ** 53 - 1 }) }),
  ],
  [
    'a refusal by a ballot far above all that was seen',
    (members) => {
      const { counter } = members.states.get(A)!
      const ballot = { counter: counter + LIMITS.ballotLead + 1, node: LIAR }
      return { m: 'refused', ballot: { counter: 1, node: A }, promised: ballot }
    },
  ],
])('[MJ1] a decision, vote or refusal with %s is not taken in', (_, message) => {
  const { members, before, after } = lied(A, message)
  expect(after).toEqual(before)
  const request = members.confirm(A, members.known(A))
  members.advance(1_000)
  expect(members.outcomes.get(request)).toEqual({ ok: true })
})
