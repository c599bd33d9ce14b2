/** Everything that three real members can do, message by message, to a bounded depth. */
import { hash } from 'node:crypto'
import type { NodeId } from '@baton/shared/ids'
import { NODES } from '../cluster/types.ts'
import { key } from '../replay/itf.ts'
import { explore, type Found } from '../search/breadth-first.ts'
import { again, arrive, ask, recall, restart, wipe } from './acts.ts'
import { brokenOfMembers } from './invariants.ts'
import { REGISTER_SEARCH_STARTS } from './starts.ts'
import { type Members, stateOf } from './types.ts'
import { registerOf } from './words.ts'

/** How far it goes. Every count is of one history, from its start on. */
export interface RegisterBounds {
  /** Where histories begin (`REGISTER_SEARCH_STARTS`). */
  readonly starts: readonly string[]
  readonly depth: number
  /** Wishes, and proposals begun anew, together. */
  readonly proposals: number
  /** Restarts and lost disks, together. */
  readonly faults: number
}

export const REGISTER_BOUNDS: RegisterBounds = {
  starts: ['founded', 'unfounded', 'halfFounded', 'minority'],
  depth: 6,
  proposals: 2,
  faults: 2,
}

type Spent = Readonly<Record<'proposals' | 'faults', number>>

interface Visited {
  readonly members: Members
  readonly spent: Spent
}

export interface RegisterMove {
  readonly name: string
  readonly spends: keyof Spent | null
  readonly make: (members: Members) => Members
}

/** Makes a mutant: it stands between a move and what comes of it. */
type Alter = (members: Members, move: RegisterMove) => Members

export function searchRegister(bounds: RegisterBounds, alter: Alter = (members) => members): Found {
  return explore<Visited>({
    starts: bounds.starts.map((name) => ({
      name,
      state: { members: REGISTER_SEARCH_STARTS[name]!(), spent: { proposals: 0, faults: 0 } },
    })),
    depth: bounds.depth,
    fingerprint,
    stepsOf: ({ members, spent }) =>
      movesOf(members)
        .filter(({ spends }) => spends === null || spent[spends] < bounds[spends])
        .map((move) => ({ name: move.name, make: () => take({ members, spent }, move, alter) })),
    broken: (before, { members }) => brokenOfMembers(before.members, members),
  })
}

function take({ members, spent }: Visited, move: RegisterMove, alter: Alter): Visited {
  const { spends } = move
  const left = spends === null ? spent : { ...spent, [spends]: spent[spends] + 1 }
  return { members: alter(move.make(members), move), spent: left }
}

function movesOf(members: Members): readonly RegisterMove[] {
  const arrivals = [...members.wire].map(([which, { from, to, message }]): RegisterMove => {
    return { name: `${message.m} ${from}>${to}`, spends: null, make: (now) => heard(now, which, to) }
  })
  return [...arrivals, ...NODES.flatMap((node) => movesOfMember(members, node))]
}

/** What changes nothing might as well never have arrived: the state is known already. */
function heard(members: Members, which: string, to: NodeId): Members {
  const after = arrive(members, which)
  const silent = stateOf(after, to) === stateOf(members, to) && after.wire.size < members.wire.size
  return silent ? members : after
}

function movesOfMember(members: Members, node: NodeId): readonly RegisterMove[] {
  const { standing, proposal, decided, seat } = stateOf(members, node)
  const moves: RegisterMove[] = [
    { name: `${node} restarts`, spends: 'faults', make: (now) => restart(now, node) },
    ...(standing.s === 'asking'
      ? [{ name: `${node} asks all`, spends: null, make: (now: Members) => recall(now, node) }]
      : []),
  ]
  if (members.lost.every((one) => one === node)) {
    moves.push({ name: `${node} loses its disk`, spends: 'faults', make: (now) => wipe(now, node) })
  }
  if (standing.s === 'asking') return moves
  if (proposal !== null) {
    return [...moves, { name: `${node} begins anew`, spends: 'proposals', make: (now) => again(now, node) }]
  }
  const founds = seat.accepted === null && node === NODES[0]
  const kinds = decided === null ? ['read', ...(founds ? ['found'] : [])] : ['claim']
  const wishes = kinds.map((kind): RegisterMove => {
    return { name: `${node} wants to ${kind}`, spends: 'proposals', make: (now) => ask(now, node, kind) }
  })
  return [...moves, ...wishes]
}

/** 96 bits of a hash: among ten million states a collision has a chance below one in 10^14. */
function fingerprint({ members, spent }: Visited): string {
  const votes = [...members.votes].map(([ballot, { grants, by }]) => [ballot, grants, by]).sort()
  const text = key([registerOf(members), votes, members.lost, spent])
  return hash('sha1', text, 'base64').slice(0, 16)
}
