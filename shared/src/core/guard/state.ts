/** State of one node's guard: its log's ends, and what its role makes it keep besides. */
import type { Hash, Instant, LogIndex, Ms, NodeId, Token, Version } from '../../ids.ts'
import type { LogBase } from '../../ports/node-store.ts'
import type { LogPosition, RequiredSet, TailSpan } from './types.ts'

export interface GuardPolicy {
  readonly self: NodeId
  /** RG5: `required` completes nothing while the sync set is this node alone. */
  readonly durability: 'preferred' | 'required'
  /** Standbys wanted in the sync set. */
  readonly syncReplicas: number
  /** A required node that acknowledges nothing for this long is taken out (links table). */
  readonly suspectAfter: Ms
}

/** What a master knows of one attached follower. */
export interface Follower {
  /** On the follower's stable storage, at this token. */
  readonly acked: LogPosition
  /** Last entry sent on the link. */
  readonly sent: LogIndex
  /** Since when something sent to it is not acknowledged; null when nothing is outstanding. */
  readonly waitingSince: Instant | null
}

/** A change of the sync set on its way through the registry (RG4). */
export type Reshaping =
  /** Nothing counts without the node any more, but nobody has heard of it; asked for when it has acknowledged the log up to `from`. */
  | { readonly step: 'adding'; readonly node: NodeId; readonly from: LogIndex }
  /** Asked of the authority against `version`; only a version above it settles the matter. */
  | { readonly step: 'asked'; readonly syncSet: readonly NodeId[]; readonly version: Version; readonly at: Instant }

export type LeadingRole = Extract<GuardRole, { role: 'leading' }>

export type GuardRole =
  | {
      readonly role: 'following'
      readonly master: NodeId | null
      readonly attached: boolean
      /** GU3: between this log and that of the master lies a recovering grant. */
      readonly across: boolean
    }
  | {
      readonly role: 'leading'
      readonly required: RequiredSet
      readonly followers: ReadonlyMap<NodeId, Follower>
      /** Required nodes that are not attached, and since when. */
      readonly absent: ReadonlyMap<NodeId, Instant>
      /** How much of the log nodes that were attached had acknowledged: coming back with less, a node has lost something (EL6). */
      readonly acknowledged: ReadonlyMap<NodeId, LogIndex>
      /** Everything up to here is held (GU1); never falls. */
      readonly held: LogIndex
      /** The entry that opened this epoch (GU3). */
      readonly barrier: LogIndex
      readonly reshaping: Reshaping | null
      /** Nodes of the cluster that may be added, best first (EL4). */
      readonly candidates: readonly NodeId[]
      /** Nodes asked to leave the sync set: dead, silent, or with a log shorter than they acknowledged. */
      readonly suspects: ReadonlySet<NodeId>
      /** Since when entries wait to be held; null when everything is. */
      readonly unheldSince: Instant | null
    }
  /** The mastership has ended here; nothing is released any more. */
  | { readonly role: 'sealed' }

export interface GuardState {
  readonly policy: GuardPolicy
  /** The highest token promised: entries of a lower one are refused (EL5). */
  readonly token: Token
  readonly base: LogBase
  readonly last: LogBase
  /** The runs above the base, oldest first; the final one ends at `last`. */
  readonly spans: readonly TailSpan[]
  /** The highest index this node knows to be held: truncating below it would lose an acknowledged record (GU3). */
  readonly knownHeld: LogIndex
  readonly role: GuardRole
}

export const ZERO_HASH = '0'.repeat(64) as Hash

/** The base of an empty log. */
export const EMPTY_BASE: LogBase = {
  index: 0 as LogIndex,
  hash: ZERO_HASH,
  token: { generation: 0, epoch: 0 } as Token,
}

/** Durable position of the log's end: in a driver that sends after fsync, what a step appended is durable when its sends leave. */
export function durableIndex(state: GuardState): LogIndex {
  return state.last.index
}
