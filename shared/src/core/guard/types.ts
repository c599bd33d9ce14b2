/** The replicated log of one cluster: its entries and what a follower and its master tell each other. */
import type { Hash, LogIndex, NodeId, Token, Version } from '../../ids.ts'

/**
 * What an entry holds. `barrier` opens an epoch (GU3); `body` is a block's bytes (GU7); `proposal`, `vote`
 * are this cluster's own acts, written before they leave (GU2); `decided` is a certificate; `token` is another
 * cluster's grant (NW1); `legacy` opens and closes what was taken over from another log (RC3).
 */
export type RecordKind = 'barrier' | 'body' | 'proposal' | 'vote' | 'decided' | 'token' | 'legacy' | 'polka'

export interface LogEntry {
  readonly index: LogIndex
  readonly token: Token
  readonly kind: RecordKind
  /** Encoded record (`codec/record.ts`). */
  readonly body: Uint8Array
  /** Hash of the entry before this one. */
  readonly previous: Hash
  /** Hash over index, token, kind, body and `previous`. */
  readonly hash: Hash
}

/** A position in the log that two nodes can compare. */
export interface LogPosition {
  readonly index: LogIndex
  readonly hash: Hash
}

/**
 * One run of entries written by one process under one token, from its barrier on. Two logs that share a span's
 * barrier agree on the span as far as both have it; that is enough to find where two logs part (GU3). The barrier's
 * body is unique to the process, because a master that restarts under its own token (RG2) may have streamed
 * entries that it lost.
 */
export interface TailSpan {
  readonly token: Token
  /** Hash of the barrier entry that opens the span. */
  readonly barrier: Hash
  readonly last: LogPosition
}

/** Follower → master: attach me to the stream. */
export interface Attach {
  readonly t: 'attach'
  readonly token: Token
  /** The end of the compacted part, and the spans above it, oldest first. */
  readonly base: LogPosition
  readonly tail: readonly TailSpan[]
  /** Height of the last block this node has executed. */
  readonly height: number
}

/** Master → follower: entries `after` a position the follower has; `held` lets it know what is held. */
export interface Append {
  readonly t: 'append'
  readonly token: Token
  readonly after: LogPosition
  readonly entries: readonly LogEntry[]
  readonly held: LogIndex
}

/** Follower → master: everything up to `durable` is on my stable storage at this token. */
export interface AppendAck {
  readonly t: 'appendAck'
  readonly token: Token
  readonly durable: LogPosition
}

/** Master → follower: your log ends below my base; fetch blocks up to `height`, then attach again. */
export interface Behind {
  readonly t: 'behind'
  readonly token: Token
  /** The master's base, and the token of the entry at it. */
  readonly base: LogPosition & { readonly token: Token }
  readonly height: number
}

/** The nodes whose disks must have a record before it counts: sync set and pending additions (RG4, GU1). */
export interface RequiredSet {
  readonly token: Token
  readonly version: Version
  readonly syncSet: readonly NodeId[]
  /** Additions requested and not yet shown outside by a higher version. */
  readonly pending: readonly NodeId[]
}
