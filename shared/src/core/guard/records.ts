/** What a log entry says, decoded. Own acts are recorded unsigned: they are signed when the record is held (GU2). */
import type { Credential } from '../../crypto/statement-types.ts'
import type { Hash, Height, NodeId, Round } from '../../ids.ts'
import type { VoteType } from '../consensus/messages.ts'
import type { PolkaRecord } from '../consensus/resume.ts'

/** This cluster's vote of the entry's token; `block: null` is nil. */
export interface VoteRecord {
  readonly kind: 'vote'
  readonly height: Height
  readonly round: Round
  readonly type: VoteType
  readonly block: Hash | null
}

/** This cluster's proposal of the entry's token; `validRound` is -1 when there is none. */
export interface ProposalRecord {
  readonly kind: 'proposal'
  readonly height: Height
  readonly round: Round
  readonly validRound: number
  readonly block: Hash
}

/** An encoded block (GU7). */
export interface BodyRecord {
  readonly kind: 'body'
  readonly block: Uint8Array
}

/** An encoded commit certificate: the block it names is decided. */
export interface DecidedRecord {
  readonly kind: 'decided'
  readonly certificate: Uint8Array
}

/** The mastership of another cluster (NW1), and the height this cluster worked on when it took it in (RC1). */
export interface TokenRecord {
  readonly kind: 'token'
  readonly credential: Credential
  readonly height: Height
}

/** Opens an epoch (GU3). `process` is unique to the process that wrote it: see `TailSpan`. */
export interface BarrierRecord {
  readonly kind: 'barrier'
  readonly process: string
}

/**
 * RC3: between `begin` and `end` stand the acts that the log of `from`, a member of the last clean sync set, held above its tip
 * `height`. They replace every act before `begin`: this log may have had some that the clean epoch had given up.
 */
export interface LegacyRecord {
  readonly kind: 'legacy'
  readonly part: 'begin' | 'end'
  readonly from: NodeId
  readonly height: Height
}

export type LogRecord =
  | VoteRecord
  | ProposalRecord
  | BodyRecord
  | DecidedRecord
  | TokenRecord
  | BarrierRecord
  | LegacyRecord
  | PolkaRecord
