/**
 * Messages on the link between two nodes: one deterministic-CBOR array `[type, …fields]` per WebSocket frame,
 * over mutually authenticated TLS 1.3 (ID5). The link itself says who the sender is.
 */
import type { Proposal, Vote } from '../core/consensus/messages.ts'
import type { Append, AppendAck, Attach, Behind, LogEntry, LogPosition } from '../core/guard/types.ts'
import type { Credential } from '../crypto/statement-types.ts'
import type { ClusterId, Hash, Height, Jws, LogIndex, NodeId, Token } from '../ids.ts'

/**
 * 1: the first.
 * 2: `program` in `hello`.
 * 3: `syncSet`; log entries of the kind `polka`.
 * 4: `arbiter`.
 * 5: `executed`.
 */
export const PEER_PROTOCOL = { min: 1, max: 5 } as const
/** The first version with `arbiter`: an older link carries nothing of a register (MJ1). */
export const ARBITER_SINCE = 4
/** The first version that reads `polka` entries. */
export const POLKAS_SINCE = 3

/** First message on a link, both ways. */
export interface Hello {
  readonly t: 'hello'
  readonly genesis: Hash
  readonly protocol: { readonly min: number; readonly max: number }
  /** The highest credential the sender knows for each cluster: NW1, NW2. */
  readonly credentials: readonly Credential[]
  readonly apiAddress: string
  /** Version of the sender's program, for people who upgrade one node after the other; empty before version 2. */
  readonly program: string
}

/** Between nodes of one cluster, every `heartbeatMs`. */
export interface Heartbeat {
  readonly t: 'heartbeat'
  readonly token: Token
  readonly role: 'master' | 'follower'
  /** The sender's event loop or disk is stalled, or it can complete nothing (RG3). */
  readonly stalled: boolean
  readonly durableIndex: LogIndex
  readonly height: number
  /** How long ago the sender heard its master, in ms; null when never at this token. */
  readonly heardMasterMs: number | null
  readonly priority: number
  /** False: barred, `noFailover`, or log not complete (EL4, EL6). */
  readonly electable: boolean
}

/** GU4: what a master's application came to at this height, to the nodes of its cluster. */
export interface Executed {
  readonly t: 'executed'
  readonly height: Height
  readonly result: Hash
}

/** EL3: "may I claim the epoch after `token`?" */
export interface PreVote {
  readonly t: 'preVote'
  readonly token: Token
  readonly attempt: number
  readonly durableIndex: LogIndex
  /** RG6: the asker is outside the sync set and takes it for lost; hearing any member of it speaks against the claim. */
  readonly lost: boolean
}
export interface PreVoteAnswer {
  readonly t: 'preVoteAnswer'
  readonly token: Token
  readonly attempt: number
  /** False while the answerer hears the master, or would itself stand before the asker (EL4). */
  readonly granted: boolean
  readonly why: string
}

/** Clean switch: the master has stopped signing; `resignation` is signed by it. */
export interface Handover {
  readonly t: 'handover'
  readonly token: Token
  readonly resignation: Jws
}

/** NW1, NW2: a grant that the receiver may not know; also the answer to a lower one. */
export interface Inform {
  readonly t: 'inform'
  readonly credentials: readonly Credential[]
}

/** Between masters. `body` is the encoded block. */
export interface ProposalMessage {
  readonly t: 'proposal'
  readonly proposal: Proposal
  readonly body: Uint8Array
}
export interface VoteMessage {
  readonly t: 'vote'
  readonly vote: Vote
}
/** "Send me what you have of this height": by a new or waiting master. */
export interface WantHeight {
  readonly t: 'wantHeight'
  readonly height: number
  readonly round: number
}

/**
 * RC1: "the recovering token of `cluster` is a held record here, so its predecessor is refused from now on; `height` is what this
 * master is working on." To the recovering master.
 */
export interface EpochAck {
  readonly t: 'epochAck'
  readonly cluster: ClusterId
  readonly token: Token
  readonly height: number
}
/** RC2: an idle chain must reach the height at which a recovering master may vote: propose a block, an empty one if need be. */
export interface WantBlock {
  readonly t: 'wantBlock'
  readonly height: number
}

/**
 * RC3: the log of a node that has promised the recovering `token`, above its base, in chunks; one under way at a time. Sent before
 * anything of it is cut. Which logs count, the recovering master decides.
 */
export interface Legacy {
  readonly t: 'legacy'
  readonly token: Token
  /** The recovering token that this log followed already; null when none. */
  readonly crossed: Token | null
  /** Token of the last entry of the log. */
  readonly lastToken: Token
  /** Height of the last block the sender has executed. */
  readonly height: number
  /** The first chunk: whatever was sent before begins anew. */
  readonly first: boolean
  readonly after: LogPosition
  readonly entries: readonly LogEntry[]
  /** The log ends here. */
  readonly last: boolean
}
/** RC3: received up to `index`; `done`: all that was of use is held by the recovering master's required set, the log may be cut. */
export interface LegacyAck {
  readonly t: 'legacyAck'
  readonly token: Token
  readonly index: LogIndex
  readonly done: boolean
}

/** GU5: blocks by range, each with its certificate. */
export interface GetBlocks {
  readonly t: 'getBlocks'
  readonly request: number
  readonly from: number
  readonly to: number
}
export interface Blocks {
  readonly t: 'blocks'
  readonly request: number
  readonly height: number
  readonly blocks: readonly { readonly block: Uint8Array; readonly certificate: Uint8Array }[]
}

/** Transactions on their way to the mempools of masters (encoded, signed). */
export interface Transactions {
  readonly t: 'transactions'
  readonly transactions: readonly Uint8Array[]
}
/** A client's transaction forwarded to the cluster's master, and its outcome once held. */
export interface Submit {
  readonly t: 'submit'
  readonly request: number
  readonly transaction: Uint8Array
}
export interface SubmitResult {
  readonly t: 'submitResult'
  readonly request: number
  readonly outcome:
    | { readonly ok: true; readonly receipt: Uint8Array }
    | { readonly ok: false; readonly code: string; readonly why: string; readonly master: NodeId | null }
}

/** A claim that its author cannot bring to the authority itself (links table): signed by it, so any peer may carry it. */
export interface RelayClaim {
  readonly t: 'relayClaim'
  readonly request: number
  readonly claim: Jws
  readonly certificate: Jws
}
/** What the authority answered to a relayed claim: the text of its `reply` frame. */
export interface RelayReply {
  readonly t: 'relayReply'
  readonly request: number
  readonly reply: string
}

/**
 * Where the nodes of the sender's cluster listen (those that joined later are in no configuration), and the owner-signed notices that
 * it knows (ID3, ID8). At the start of a link, and after a change.
 */
export interface Roster {
  readonly t: 'roster'
  readonly nodes: readonly { readonly node: NodeId; readonly address: string }[]
  readonly notices: readonly Jws[]
}

/** Between nodes of one cluster: the authority's statement of the sync set (RG4). On a new link, and when it is news. From version 3 on. */
export interface SyncSetMessage {
  readonly t: 'syncSet'
  readonly statement: Jws
}

/** Between the members of a cluster that is its own arbiter: an `ArbiterMessage`, as `writeArbiterMessage` gives it (MJ1). From version 4 on. */
export interface ArbiterFrame {
  readonly t: 'arbiter'
  readonly message: string
}

export type PeerMessage =
  | Hello
  | Heartbeat
  | PreVote
  | PreVoteAnswer
  | Handover
  | Inform
  | Attach
  | Append
  | AppendAck
  | Behind
  | ProposalMessage
  | VoteMessage
  | WantHeight
  | EpochAck
  | WantBlock
  | Legacy
  | LegacyAck
  | GetBlocks
  | Blocks
  | Transactions
  | Submit
  | SubmitResult
  | RelayClaim
  | RelayReply
  | Roster
  | SyncSetMessage
  | ArbiterFrame
  | Executed
