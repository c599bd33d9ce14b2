/** Three members of a majority as one value: real arbiter machines, their disks, and what is on its way between them (MJ1). */
import type { ArbiterMessage } from '@baton/shared/core/arbiter/messages'
import type { ArbiterState, Seat } from '@baton/shared/core/arbiter/types'
import type { NodeId } from '@baton/shared/ids'

export interface Letter {
  readonly from: NodeId
  readonly to: NodeId
  readonly message: ArbiterMessage
}

/** A value as it came to a disk: the members that had it under one ballot. */
export interface Vote {
  readonly grants: string
  readonly by: readonly NodeId[]
}

export interface Members {
  readonly states: ReadonlyMap<NodeId, ArbiterState>
  readonly disks: ReadonlyMap<NodeId, Seat>
  /** Counts processes. */
  readonly lives: ReadonlyMap<NodeId, number>
  /** By what they say (`words.ts`): a letter and its repeats are one. */
  readonly wire: ReadonlyMap<string, Letter>
  /** By ballot; without those that went with a disk undecided. */
  readonly votes: ReadonlyMap<number, Vote>
  /** Disks lost whose members have not asked all others since. */
  readonly lost: readonly NodeId[]
  /** What broke on the way here. */
  readonly broken: readonly string[]
}

export function stateOf({ states }: Members, node: NodeId): ArbiterState {
  const found = states.get(node)
  if (found === undefined) throw new Error(`no member ${node}`)
  return found
}
