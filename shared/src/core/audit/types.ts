/** What masters report about results, what the audit remembers of it, and what it finds. */
import type { ClusterId, Epoch, Generation, Hash, Height, NodeId } from '../../ids.ts'

/** Kinds of errors that are counted against a master (NW5). Only `result-mismatch` is found so far. */
export type ErrorKind = 'result-mismatch' | 'equivocation' | 'invalid-proposal' | 'missed-votes'

/** One result of one cluster's master at its token; its signature is verified. */
export interface ResultEntry {
  readonly height: Height
  readonly block: Hash
  /** Result hash after the block. */
  readonly result: Hash
}

export interface Reporter {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
}

export interface Report extends ResultEntry {
  readonly by: Reporter
  /** An event about it is out: each wrong result is reported once. */
  readonly found: boolean
}

export interface AuditState {
  readonly clusters: readonly ClusterId[]
  /** Per cluster its newest reports by height, at most `LIMITS.auditHeights`: no cluster can push out another's. */
  readonly reports: ReadonlyMap<ClusterId, ReadonlyMap<Height, Report>>
}

/** NW4: more than two thirds of the clusters agree on another result. */
export interface ResultMismatch {
  readonly event: 'result-mismatch'
  readonly by: Reporter
  readonly height: Height
  readonly block: Hash
  readonly result: Hash
  readonly agreed: { readonly block: Hash; readonly result: Hash }
  readonly agreeing: readonly ClusterId[]
}
export type AuditEvent = ResultMismatch
