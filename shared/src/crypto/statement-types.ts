/**
 * The signed statements of Baton: compact JWS (EdDSA over Ed25519) with these payloads. `typ` in the
 * protected header names the kind, so that one kind can never be taken for another.
 */
import type {
  ClusterId,
  Epoch,
  Generation,
  Hash,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  PublicKey,
  SiteId,
  Token,
  UnixMs,
  Version,
} from '../ids.ts'
import type { GrantVote } from './majority-grant.ts'
import type { MemberKey } from './member-keys.ts'
import type { RecordedSyncSet } from './recorded-sync-set.ts'

/** JWS `typ` of each statement. */
export const STATEMENT_TYPES = {
  grant: 'baton-grant+jws',
  reshape: 'baton-reshape+jws',
  syncSet: 'baton-sync-set+jws',
  certificate: 'baton-certificate+jws',
  claim: 'baton-claim+jws',
  resignation: 'baton-resignation+jws',
  session: 'baton-session+jws',
  resultReport: 'baton-results+jws',
  findings: 'baton-findings+jws',
  masterTable: 'baton-masters+jws',
  joinToken: 'baton-join+jws',
  order: 'baton-order+jws',
  operatorToken: 'baton-operator+jws',
  joinRequest: 'baton-join-request+jws',
  renewal: 'baton-renewal+jws',
  renewedCertificate: 'baton-renewed-certificate+jws',
  revocation: 'baton-revocation+jws',
  authorityKeys: 'baton-authority-keys+jws',
  ownerRotation: 'baton-owner-rotation+jws',
  recordedRotation: 'baton-recorded-rotation+jws',
  grantVote: 'baton-grant-vote+jws',
  memberKey: 'baton-member-key+jws',
} as const
export type StatementKind = keyof typeof STATEMENT_TYPES

/** "(network, cluster, token) belongs to node": signed by the authority (RG2), or by a majority of the members (`GrantVote`, MJ1). */
export interface Grant {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly version: Version
  readonly node: NodeId
  readonly syncSet: readonly NodeId[]
  /** The mastership starts without its predecessor's vote records (RG6, DESIGN section 6). */
  readonly recovering: boolean
  /** The coming standby, announced only (EL7). */
  readonly coming: NodeId | null
  /** Of the claim: only the process that made it becomes master (EL5). */
  readonly nonce: string
  readonly issuedAt: UnixMs
}

/** Signed by the cluster's owner key, or by the key of a join token that the owner signed (ID2, ID3). */
export interface NodeCertificate {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly key: PublicKey
  readonly site: SiteId
  readonly issuedAt: UnixMs
  readonly expiresAt: UnixMs
  /** How far the node and the authority together may extend it; only an owner says so. Not said: not at all (ID8). */
  readonly renewUntil?: UnixMs | undefined
  /** The delegation under which it was signed (`JoinToken`); not said: the owner signed it. */
  readonly token?: Jws | undefined
}

/** Change of the sync set by the master at its token: signed by the master (RG4, ID4). */
export interface Reshape {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  /** The version it was made against (compare-and-set). */
  readonly version: Version
  readonly node: NodeId
  readonly syncSet: readonly NodeId[]
}

/** Why a candidate believes the mastership is free. */
export type ClaimEvidence =
  /** The link closed and the master's host refused a reconnect: the process is dead (EL1). */
  | { readonly kind: 'refused' }
  /** Nothing heard for this long. */
  | { readonly kind: 'silence'; readonly forMs: number }
  /** The master resigned, in writing (`Resignation`, signed by it). */
  | { readonly kind: 'resigned'; readonly resignation: Jws }
  /** The claimant is the registered master and has lost its right to go on (RG3). */
  | { readonly kind: 'own' }
  /** A standing order against the master: RG3 is skipped (RG9). */
  | { readonly kind: 'ordered'; readonly order: string }
  /** A planned switch in favour of the claimant is due: RG3 is skipped (EL8). */
  | { readonly kind: 'planned'; readonly switchover: string }
  /** RG6: the claimant is outside the sync set; neither it nor any peer it reaches has heard a member of it for this long. */
  | { readonly kind: 'lost'; readonly forMs: number }

/** Asks for `(generation, epoch)`: signed by the candidate, so that any peer may relay it. */
export interface Claim {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  /** The epoch asked for: the recorded one plus one. */
  readonly epoch: Epoch
  readonly version: Version
  readonly node: NodeId
  readonly nonce: string
  readonly evidence: ClaimEvidence
  readonly durableIndex: LogIndex
  readonly coming: NodeId | null
}

/** The master gives up its token in favour of `to`: signed by the master after it has stopped signing. */
export interface Resignation {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly to: NodeId
}

/** Answer to a challenge: signed by the node key, opens a session (ID5). */
export interface SessionProof {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly challenge: string
  /** Where peers and clients reach this node. */
  readonly peerAddress: string
  readonly apiAddress: string
  readonly protocol: { readonly min: number; readonly max: number }
  readonly priority: number
  readonly noFailover: boolean
}

/** Result hashes of a range of heights: signed by the master (NW4). */
export interface ResultReport {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly results: readonly {
    readonly height: number
    /** Null, as the result: the reporter's chain is not the network's, so it has none (GU4). */
    readonly block: Hash | null
    readonly result: Hash | null
  }[]
  /** Heights, both ends included, that were decided before any vote of this master for them had come in (NW5). */
  readonly missed?:
    | readonly {
        readonly cluster: ClusterId
        readonly generation: Generation
        readonly epoch: Epoch
        readonly from: number
        readonly to: number
      }[]
    | undefined
  /** How long ago a vote or proposal of each other cluster last came in, in ms; null: never (RG6). */
  readonly heard: readonly { readonly cluster: ClusterId; readonly forMs: number | null }[]
}

/** What a signed message says under one token: the rest of it is the act. */
export interface SaidValue {
  readonly generation: Generation
  readonly epoch: Epoch
  readonly block: Hash | null
  /** Of a proposal; null: a vote. */
  readonly validRound: number | null
  /** Over the bytes of the vote or proposal, in base64url. */
  readonly signature: string
}

/** Two different messages of one cluster for one act: who has the keys can check it (NW4). */
export interface StatedEquivocation {
  readonly cluster: ClusterId
  readonly height: number
  readonly round: number
  readonly type: 'proposal' | 'prevote' | 'precommit'
  readonly first: SaidValue
  readonly second: SaidValue
}

/** What a master has found against others: signed by it (NW4, NW5). */
export interface Findings {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  /** Of those who signed what `evidence` shows. */
  readonly credentials: readonly Credential[]
  readonly evidence: readonly StatedEquivocation[]
  /** Invalid proposals, of the master `node` under its token. */
  readonly accusations: readonly {
    readonly cluster: ClusterId
    readonly generation: Generation
    readonly epoch: Epoch
    readonly node: NodeId
    readonly height: number
    readonly round: number
  }[]
}

/** The signed master table (NW2). */
export interface MasterTable {
  readonly network: NetworkId
  readonly version: number
  readonly masters: readonly Credential[]
}

/** A short-lived right to certify nodes of one cluster: signed by the owner, `key` is the delegate's (ID3). */
export interface JoinToken {
  readonly network: NetworkId
  readonly cluster: ClusterId
  /** Under this id the authority counts the uses. */
  readonly id: string
  readonly key: PublicKey
  readonly uses: number
  readonly issuedAt: UnixMs
  readonly expiresAt: UnixMs
  /** The only site, the only node it certifies; not said: any. */
  readonly site?: SiteId | undefined
  readonly node?: NodeId | undefined
  /** Of the certificates signed with it (ID8). */
  readonly renewUntil?: UnixMs | undefined
}

/** "Admit me": signed by the key of the joining node, which proves that it holds it (ID3). */
export interface JoinRequest {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly certificate: Jws
  readonly at: UnixMs
}

/** "Extend my certificate": signed by its node. It counts only when the authority has countersigned it (ID8). */
export interface Renewal {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  /** As the owner or a join token signed it, never a renewed one. */
  readonly certificate: Jws
  readonly issuedAt: UnixMs
  readonly expiresAt: UnixMs
}

/** A renewal, countersigned by the authority: stands wherever a certificate does (ID8). */
export interface RenewedCertificate {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly renewal: Jws
  readonly issuedAt: UnixMs
}

/** What an owner takes back, for ever (ID8): the key of a node, a join token, an operator's token. */
export interface Revocation {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly id: string
  readonly subject:
    | { readonly kind: 'node'; readonly node: NodeId; readonly key: PublicKey }
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'operator'; readonly operator: string }
  readonly reason: string
  readonly at: UnixMs
}

/** A persisted demand to switch away from a node: signed by the authority (RG9). */
export interface Order {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly id: string
  /** The node to switch away from. */
  readonly node: NodeId
  readonly cause: 'threshold' | 'operator'
  readonly why: string
  readonly issuedAt: UnixMs
}

/** What an operator may do (ID7): each role may do what the ones before it may. */
export const OPERATOR_ROLES = ['viewer', 'operator', 'owner'] as const
export type OperatorRole = (typeof OPERATOR_ROLES)[number]

/** A bearer token of an operator of one cluster: signed by the owner, offline (ID7). */
export interface OperatorToken {
  readonly network: NetworkId
  readonly cluster: ClusterId
  /** The operator's name, as it stands in the events. */
  readonly name: string
  readonly role: OperatorRole
  /** Under this id it is revoked. */
  readonly id: string
  readonly issuedAt: UnixMs
  readonly expiresAt: UnixMs
}

/** A key of the authority that grants no more. */
export interface RetiredKey {
  readonly key: PublicKey
  /** The highest token of each cluster that it may have granted. */
  readonly upTo: readonly (Token & { readonly cluster: ClusterId })[]
}

/** Which keys of the authority count from now on: signed by the owner of `cluster`, and in force when enough owners say the same (ID1). */
export interface AuthorityKeys {
  readonly network: NetworkId
  readonly cluster: ClusterId
  /** From 1: the highest that is in force counts. */
  readonly sequence: number
  readonly keys: readonly PublicKey[]
  readonly retired: readonly RetiredKey[]
}

/** An owner puts the key `to` in the place of `from`: signed by `from`. It counts when the authority has recorded it (ID1). */
export interface OwnerRotation {
  readonly network: NetworkId
  readonly cluster: ClusterId
  /** From 1, one more for each that was recorded for this cluster. */
  readonly sequence: number
  readonly from: PublicKey
  readonly to: PublicKey
  readonly issuedAt: UnixMs
  /** Up to here both count; afterwards what `from` has signed admits nobody any more (ID8). */
  readonly until: UnixMs
}

/**
 * The one rotation of its number: countersigned by the authority, which alone can make none. So whoever finds the old key later cannot
 * tell those that were away another story.
 */
export interface RecordedRotation {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly rotation: Jws
}

/** A grant with the certificate of the node it names: what lets anyone check a master offline (NW1). */
export interface Credential {
  readonly grant: Jws
  readonly certificate: Jws
}

/** A verified credential. `key` is the node's; nothing unverified is ever put into this shape. */
export interface Mastership {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly key: PublicKey
  readonly recovering: boolean
  readonly credential: Credential
}

/** Statement kind → its payload. */
export interface StatementPayloads {
  readonly grant: Grant
  readonly reshape: Reshape
  readonly syncSet: RecordedSyncSet
  readonly certificate: NodeCertificate
  readonly claim: Claim
  readonly resignation: Resignation
  readonly session: SessionProof
  readonly resultReport: ResultReport
  readonly findings: Findings
  readonly masterTable: MasterTable
  readonly joinToken: JoinToken
  readonly order: Order
  readonly operatorToken: OperatorToken
  readonly joinRequest: JoinRequest
  readonly renewal: Renewal
  readonly renewedCertificate: RenewedCertificate
  readonly revocation: Revocation
  readonly authorityKeys: AuthorityKeys
  readonly ownerRotation: OwnerRotation
  readonly recordedRotation: RecordedRotation
  readonly grantVote: GrantVote
  readonly memberKey: MemberKey
}
