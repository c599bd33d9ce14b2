/** What a node knows and which role it has: the state of the election machine (DESIGN section 4, EL1–EL8). */
import type { Mastership } from '../../crypto/statement-types.ts'
import type { ClusterId, Instant, Jws, LogIndex, Ms, NetworkId, NodeId, SiteId, Token, Version } from '../../ids.ts'
import type { OwnToken } from '../../ports/node-store.ts'
import type { OrderView, RegistryView } from '../../protocol/control.ts'
import type { Heartbeat } from '../../protocol/peer.ts'

export type * from './inputs.ts'
export type * from './outputs.ts'

export interface ElectionConfig {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly site: SiteId
  /** Higher stands earlier (EL4). */
  readonly priority: number
  readonly noFailover: boolean
  readonly heartbeatMs: Ms
  readonly suspectAfterMs: Ms
  readonly masterTtlMs: Ms
  /** RG6: silence of the whole sync set before a node outside it claims. */
  readonly recoverAfterMs: Ms
}

/** Result of the last attempt to open a TCP connection to a peer whose link is down (EL1). */
export type Probe = 'none' | 'pending' | 'refused' | 'open' | 'timeout'

/** Another node of this cluster, known since its link first came up in this process. */
export interface PeerState {
  readonly linkUp: boolean
  /** Last heartbeat and when it came; null before the first. */
  readonly heartbeat: Heartbeat | null
  readonly heardAt: Instant | null
  /** When it was last heard in the sense of RG3: as master at this token and not stalled. */
  readonly asMaster: { readonly token: Token; readonly at: Instant } | null
  readonly probe: Probe
}

/** What the guard says about the log of this node. */
export interface LogStatus {
  /** EL2: the last index on stable storage here. */
  readonly durableIndex: LogIndex
  /** Height of the last executed block. */
  readonly height: number
  /** EL6: false while the log is missing, damaged or shorter than what this node has acknowledged. */
  readonly complete: boolean
  /** Master: since when the required set has not been answering; null while records can be held. */
  readonly cannotHoldSince: Instant | null
}

export interface AuthorityLink {
  readonly linkUp: boolean
  /** When the newest answered report was *sent*; null before the first answer. */
  readonly answeredAt: Instant | null
  /** Reports without an answer yet, oldest first; bounded. */
  readonly unanswered: readonly { readonly report: number; readonly sentAt: Instant }[]
}

/** A grant of the own cluster with what it says beside the mastership. */
export interface KnownGrant {
  readonly mastership: Mastership
  readonly nonce: string
  readonly syncSet: readonly NodeId[]
  readonly version: Version
  readonly coming: NodeId | null
}

/** Why a node thinks that the mastership is free; becomes the evidence of a claim. */
export type Suspicion =
  | { readonly kind: 'refused' }
  | { readonly kind: 'silence'; readonly since: Instant }
  | { readonly kind: 'resigned'; readonly resignation: Jws }
  | { readonly kind: 'own' }
  /** RG9: a standing order against the master. */
  | { readonly kind: 'ordered'; readonly order: string }
  /** EL8: a planned switch to this node is due. */
  | { readonly kind: 'planned'; readonly switchover: string }
  /** RG6: this node is outside the sync set and has heard no member of it since then. */
  | { readonly kind: 'lost'; readonly since: Instant }

/** The role of a node; each has only its own fields. */
export type Role =
  /** Before `started`. */
  | { readonly r: 'starting' }
  | { readonly r: 'follower' }
  /** The master is suspected; this node waits for a better candidate, for a retry, or may not stand at all. */
  | { readonly r: 'suspecting'; readonly why: Suspicion; readonly standAt: Instant }
  /** EL3: one round of questions; it lasts at most one heartbeat. */
  | {
      readonly r: 'preVoting'
      readonly why: Suspicion
      readonly attempt: number
      readonly askedAt: Instant
      /** null: no answer yet. */
      readonly answers: ReadonlyMap<NodeId, boolean | null>
    }
  /** A claim has been sent. `retryAt` null: its answer is awaited; else it was refused and is repeated then. */
  | {
      readonly r: 'claiming'
      readonly why: Suspicion
      readonly request: number
      readonly sentAt: Instant
      readonly retryAt: Instant | null
      /** When the peers last had nothing against it. */
      readonly preVotedAt: Instant
    }
  | { readonly r: 'master'; readonly token: Token; readonly since: Instant }
  /** EL2 and the clean switch: `sealing` until the guard releases nothing more, then `handingOver`. */
  | {
      readonly r: 'resigning'
      readonly token: Token
      readonly to: NodeId
      readonly leaving: boolean
      readonly phase: 'sealing' | 'signing' | 'handingOver'
      readonly resignation: Jws | null
      readonly since: Instant
    }
  /** Left on request; says and does nothing more. */
  | { readonly r: 'stopped' }
  /** RG8: an equal token that names another node has been seen. Only an operator ends this. */
  | { readonly r: 'frozen'; readonly token: Token; readonly nodes: readonly [NodeId, NodeId] }

export type RoleName = Role['r']

export interface ElectionState {
  readonly config: ElectionConfig
  /** Random, unique per process start: makes the claim nonces of this process its own (EL5). */
  readonly nonceSeed: string
  readonly role: Role
  /** The highest token of this cluster and its node; on disk before it is acted upon (EL5). */
  readonly own: OwnToken | null
  /** When `own` became known to this process: silence of its node counts from here. */
  readonly ownSince: Instant
  /** The grant of `own`, once seen by this process. */
  readonly grant: KnownGrant | null
  /** The latest registry told by the authority; a hint (RG7). */
  readonly view: RegistryView | null
  readonly peers: ReadonlyMap<NodeId, PeerState>
  readonly authority: AuthorityLink
  /** ID8: members whose key is revoked, this node perhaps among them. The driver has the statements on disk, and says it at each start. */
  readonly revoked: ReadonlySet<NodeId>
  readonly log: LogStatus
  /** The highest `log.durableIndex` of this process (EL6). */
  readonly longest: LogIndex
  /** Since when the master has been suspected without a break; null while it is not. */
  readonly suspectedSince: Instant | null
  /** The claim whose grant would make this process master, once (EL5). */
  readonly asked: { readonly token: Token; readonly nonce: string } | null
  /** What this process has answered to the authority while no token was known: the founder's grant repeats one of them. */
  readonly challenges: readonly string[]
  /** The authority said NOT_ELECTABLE: do not stand before the registry or the log differs from this. */
  readonly unelectable: {
    readonly version: Version
    readonly durableIndex: LogIndex
    readonly complete: boolean
  } | null
  /** Pre-votes answered with no since the master is heard; granted at once when hearing ends (EL3). */
  readonly declined: ReadonlyMap<NodeId, { readonly token: Token; readonly attempt: number }>
  /** A verified resignation in favour of this node. */
  readonly handedOver: { readonly token: Token; readonly resignation: Jws } | null
  /** Nothing heard before this counts as silence: start, or the end of an own stall (EL2). */
  readonly awakeSince: Instant
  readonly lastTickAt: Instant
  /** EL2: a stall has passed and no higher token has been looked for yet. */
  readonly unsureSince: Instant | null
  /** RG8: when a master under an older generation than the registry's last asked for a token of the new one. */
  readonly renewedAt: Instant | null
  /** Numbers of the next report, request to the authority and pre-vote round. */
  readonly counters: { readonly report: number; readonly request: number; readonly attempt: number }
}

/** The registry as far as this node knows it, from the newest of view and grant. */
export interface KnownRegistry {
  readonly token: Token
  readonly version: Version
  readonly master: NodeId
  readonly syncSet: readonly NodeId[]
  readonly bars: readonly NodeId[]
  readonly orders: readonly OrderView[]
}
