/** MJ1: what must hold of three members and their disks, whatever the machines assert by themselves. */
import type { Accepted } from '@baton/shared/core/arbiter/types'
import { NODES } from '../cluster/types.ts'
import { MAJORITY } from './acts.ts'
import { type Members, stateOf } from './types.ts'
import { ballotOf, grantsOf } from './words.ts'

interface Value {
  readonly ballot: number
  readonly grants: string
}

/** Every broken invariant of the step to `members`, as `RULE: what is wrong`. */
export function brokenOfMembers(before: Members, members: Members): readonly string[] {
  const decided = decidedOf(members)
  return [
    ...members.broken,
    ...promisesStand(before, members),
    ...oneValue(decided),
    ...known(members, decided),
    ...takenUp(members, decided),
  ]
}

/** Through restarts too; a lost disk asks for its promises. */
function promisesStand(before: Members, { disks, lost }: Members): readonly string[] {
  return NODES.flatMap((node) => {
    const [was, is] = [before.disks.get(node)!.promised, disks.get(node)!.promised]
    return lost.includes(node) || ballotOf(is) >= ballotOf(was) ? [] : [`MJ1: the promise of ${node} fell`]
  })
}

/** A majority has had it on disk at once. */
function decidedOf({ votes }: Members): readonly Value[] {
  return [...votes].flatMap(([ballot, { grants, by }]) => (by.length >= MAJORITY ? [{ ballot, grants }] : []))
}

/** Of any two, the longer one goes on from the other: no version has two values, and no token two nodes. */
function oneValue(decided: readonly Value[]): readonly string[] {
  const inOrder = [...decided].sort((a, b) => a.ballot - b.ballot)
  return inOrder.flatMap((value, at) => {
    const before = inOrder[at - 1]
    if (before === undefined || value.grants.startsWith(before.grants)) return []
    return [`MJ1: ${value.grants} was decided under ${value.ballot} after ${before.grants}`]
  })
}

function known(members: Members, decided: readonly Value[]): readonly string[] {
  return NODES.flatMap((node) => {
    const value = valueAt(stateOf(members, node).decided)
    const sure = value === null || decided.some((one) => one.ballot === value.ballot && one.grants === value.grants)
    return sure
      ? []
      : [`MJ1: ${node} takes ${value.grants} for decided, which no majority has had under ${value.ballot}`]
  })
}

/** Whoever promises, the next proposal goes on from all that is decided: a lost disk has taken nothing with it. */
function takenUp(members: Members, decided: readonly Value[]): readonly string[] {
  const able = NODES.filter((node) => stateOf(members, node).standing.s !== 'asking')
  const groups = [able, ...NODES.map((left) => able.filter((node) => node !== left))]
  return groups.flatMap((group) => {
    const held = group.flatMap((node) => valueAt(members.disks.get(node)!.accepted) ?? [])
    if (held.length < MAJORITY && group.length < NODES.length) return []
    const base = held.reduce<Value | null>(
      (best, one) => (best === null || one.ballot > best.ballot ? one : best),
      null,
    )
    const lost = decided.find(({ grants }) => base === null || !base.grants.startsWith(grants))
    return lost === undefined ? [] : [`MJ1: ${group} go on from ${base?.grants}, and ${lost.grants} was decided`]
  })
}

function valueAt(accepted: Accepted | null): Value | null {
  if (accepted === null) return null
  const grants = grantsOf(accepted.value).map(({ epoch, node }) => `${epoch}${node}`)
  return { ballot: ballotOf(accepted.ballot), grants: grants.join('.') }
}
