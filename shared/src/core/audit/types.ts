/** What the audit is told, what it remembers, and what it finds (NW4, NW5, RG6). */
import type { ClusterId, Epoch, Generation, Hash, Height, Instant, NodeId, Round } from '../../ids.ts'
import type { OrderView } from '../../protocol/control.ts'
import type { Step } from '../step.ts'
import type { AuditPolicy } from './policy.ts'

/** Kinds of errors that are counted against a master (NW5). */
export type ErrorKind = 'result-mismatch' | 'equivocation' | 'invalid-proposal' | 'missed-votes'

/** A master at its token. */
export interface Reporter {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
}

/** What a master says of one height: its block, and the result hash after it. */
export interface ResultEntry {
  readonly height: Height
  /** Null, as the result: its chain differs from the network's, and it cannot execute what was decided (GU4). */
  readonly block: Hash | null
  readonly result: Hash | null
}

/**
 * Heights, both ends included, that were decided before any vote of this cluster for them had come in, and the token of its master that the
 * reporter followed then: a report may come long after the height, and the next master has missed nothing.
 */
export interface MissedRun {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly from: Height
  readonly to: Height
}

/** How long ago a vote or proposal of a cluster last came in, in ms; null: never in this process. */
export interface HeardEntry {
  readonly cluster: ClusterId
  readonly forMs: number | null
}

/** Which act of consensus a message is: a cluster does each once. */
export interface ConsensusAct {
  readonly height: Height
  readonly round: Round
  readonly type: 'proposal' | 'prevote' | 'precommit'
}

/** Signatures, certificates and grants are verified by the driver before a step; reporters are the masters of the table. */
export type AuditInput =
  /** The highest mastership of a cluster that the directory knows. */
  | { readonly i: 'master'; readonly by: Reporter; readonly recovering: boolean }
  /** Up to `LIMITS.resultsPerReport` heights. A repeat changes nothing. */
  | {
      readonly i: 'report'
      readonly by: Reporter
      readonly results: readonly ResultEntry[]
      /** Of these heights; up to `LIMITS.missedRuns`. */
      readonly missed: readonly MissedRun[]
      readonly heard: readonly HeardEntry[]
    }
  /** Two signed messages of one cluster for one act, under one token or two. They prove themselves, whoever brings them. */
  | {
      readonly i: 'evidence'
      readonly act: ConsensusAct
      readonly first: { readonly by: Reporter; readonly value: Hash | null }
      readonly second: { readonly by: Reporter; readonly value: Hash | null }
    }
  /** A master says that another's proposal was invalid: this proves nothing by itself. */
  | {
      readonly i: 'accusation'
      readonly by: Reporter
      readonly against: Reporter
      readonly height: Height
      readonly round: Round
    }
  /** The authority has recorded the order: it is not said again. */
  | { readonly i: 'orderTaken'; readonly id: string }
  /** The registry has refused the order, or an operator has dealt with it otherwise than by a switch. */
  | { readonly i: 'orderEnded'; readonly id: string }
  | { readonly i: 'tick' }

export interface Report extends ResultEntry {
  readonly by: Reporter
  /** Those of the report's runs that hold this height. */
  readonly missed: readonly MissedRun[]
  /** An event about it is out: each wrong result is reported once. */
  readonly found: boolean
}

export interface CountedError {
  readonly at: Instant
  readonly kind: ErrorKind
}

/** Errors of one master at its token; a grant begins a new one. */
export interface Counter {
  readonly by: Reporter
  readonly recovering: boolean
  /** Within the window, oldest first. */
  readonly errors: readonly CountedError[]
  /** At or above the threshold. */
  readonly passed: boolean
  readonly ordered: boolean
  /** The last height judged, and how many in a row up to it were decided without this cluster. */
  readonly missed: { readonly height: number; readonly inARow: number }
  /** Acts that were counted, newest last: each counts once. */
  readonly counted: readonly string[]
  /** What each other cluster accuses this master of, newest last. */
  readonly accused: ReadonlyMap<ClusterId, readonly string[]>
}

/** An order as the authority is to record it (RG9): whole, since who gave it may have restarted before it arrives. */
export interface StandingOrder {
  readonly by: Reporter
  readonly order: OrderView
  readonly bars: boolean
}

/** What a master heard of the other clusters. */
export interface Hearsay {
  readonly by: Reporter
  readonly at: Instant
  /** Since when it has heard no vote of each. */
  readonly since: ReadonlyMap<ClusterId, { readonly at: Instant; readonly never: boolean }>
}

export interface AuditState {
  /** Sorted. */
  readonly clusters: readonly ClusterId[]
  readonly policy: AuditPolicy
  /** Per cluster its newest reports by height, at most `LIMITS.auditHeights`: no cluster can push out another's. */
  readonly reports: ReadonlyMap<ClusterId, ReadonlyMap<Height, Report>>
  /** Of each cluster whose master is known. */
  readonly counters: ReadonlyMap<ClusterId, Counter>
  /** When clusters last passed the threshold, within the window: a switch does not take that back. */
  readonly passes: ReadonlyMap<ClusterId, Instant>
  /** Too many have passed, and the alert is out. */
  readonly alerted: boolean
  readonly standing: StandingOrder | null
  /** When the standing order was last sent; null: the authority has recorded it. */
  readonly sentAt: Instant | null
  readonly hearsay: ReadonlyMap<ClusterId, Hearsay>
  /** What was last said to a cluster's authority about its silence. */
  readonly told: ReadonlyMap<ClusterId, { readonly at: Instant; readonly silent: boolean }>
}

export interface ForeignSilenceOf {
  readonly reporters: number
  readonly clusters: number
  readonly silentForMs: number
}

/** Kept, so that no second order is given while one stands: the rest may be forgotten. */
export type AuditWrite = { readonly w: 'standing'; readonly order: StandingOrder | null }

export type AuditSend =
  /** To the authority of the cluster; said again until it has recorded it. Repeats do no harm. */
  | { readonly s: 'order'; readonly cluster: ClusterId; readonly order: OrderView; readonly bars: boolean }
  | ({ readonly s: 'foreignSilence'; readonly cluster: ClusterId } & ForeignSilenceOf)

/** NW4: more than two thirds of the clusters agree on another result. */
export interface ResultMismatch {
  readonly event: 'result-mismatch'
  readonly by: Reporter
  readonly height: Height
  readonly block: Hash | null
  readonly result: Hash | null
  readonly agreed: { readonly block: Hash; readonly result: Hash }
  readonly agreeing: readonly ClusterId[]
}

export type AuditEvent =
  | ResultMismatch
  | ({ readonly event: 'equivocation'; readonly by: Reporter } & ConsensusAct)
  | {
      readonly event: 'invalid-proposal'
      readonly by: Reporter
      readonly height: Height
      readonly round: Round
      readonly accusers: readonly ClusterId[]
    }
  | { readonly event: 'missed-votes'; readonly by: Reporter; readonly upTo: Height; readonly inARow: number }
  | { readonly event: 'threshold-passed'; readonly by: Reporter; readonly why: string }
  /** An alert: with more than f suspects nobody knows who is wrong. */
  | { readonly event: 'too-many-suspects'; readonly clusters: readonly ClusterId[] }

export type AuditStep = Step<AuditState, AuditWrite, AuditSend, never, AuditEvent>
