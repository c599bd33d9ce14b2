/**
 * Messages on the control link between a node and its cluster's authority: JSON text frames on one outbound
 * WebSocket. Statements inside (claims, reshapes) are signed on their own, so that the HTTP fallback and a peer's
 * relay carry the same bytes. The zod schemas in `control-schemas.ts` check every frame.
 */

import type { Credential } from '../crypto/statement-types.ts'
import type {
  ClusterId,
  Epoch,
  Generation,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  SiteId,
  Token,
  UnixMs,
  Version,
} from '../ids.ts'

export const CONTROL_PROTOCOL = { min: 1, max: 1 } as const

/** One member as the authority knows it. */
export interface MemberView {
  readonly node: NodeId
  readonly site: SiteId
  readonly certificate: Jws
  readonly peerAddress: string
  readonly apiAddress: string
  readonly priority: number
  readonly noFailover: boolean
}

/** A standing demand to switch away from a node; it ends with the next grant (RG9). */
export interface OrderView {
  readonly id: string
  readonly node: NodeId
  readonly cause: 'threshold' | 'operator'
  readonly why: string
}

/** While it lasts no other node is granted (RG10). */
export interface PauseView {
  readonly by: string
  readonly why: string
  readonly until: UnixMs
}

/** The last epoch whose holder had its predecessor's vote records, and the sync set it ended with (RG6, RC3). */
export interface LastClean {
  readonly token: Token
  readonly syncSet: readonly NodeId[]
}

/** The registry of one cluster as told to nodes and operators (DESIGN section 3). */
export interface RegistryView {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly version: Version
  readonly master: NodeId
  readonly syncSet: readonly NodeId[]
  readonly coming: NodeId | null
  readonly recovering: boolean
  readonly members: readonly MemberView[]
  /** Set while the cluster is recovering: whose logs would end recovery early (RC3). */
  readonly lastClean: LastClean | null
  /** Nodes that may not be elected (RG9). */
  readonly bars: readonly NodeId[]
  /** Oldest first. */
  readonly orders: readonly OrderView[]
  readonly pause: PauseView | null
  /** Why nothing is granted or changed until an operator raises the generation (RG8); null: not frozen. */
  readonly frozen: string | null
  /** Grant of the recorded master, with its certificate. */
  readonly credential: Credential
}

/** Authority → node. */
export type FromAuthority =
  | {
      readonly t: 'challenge'
      readonly challenge: string
      readonly protocol: { readonly min: number; readonly max: number }
    }
  /** `state` is null while the cluster's founder has not registered yet; a `state` message follows when it has. */
  | { readonly t: 'welcome'; readonly state: RegistryView | null; readonly masters: Jws; readonly graceMs: number }
  /** Sent on every change of the registry. */
  | { readonly t: 'state'; readonly state: RegistryView }
  /** Answer to a `claim`, `reshape` or `confirm`; `state` is the registry after it, also on refusal (RG1). */
  | {
      readonly t: 'reply'
      readonly request: number
      readonly ok: true
      readonly state: RegistryView
    }
  | {
      readonly t: 'reply'
      readonly request: number
      readonly ok: false
      readonly code: string
      readonly why: string
      /** Ask again after this long; null: not before something changes. */
      readonly retryAfterMs: number | null
      readonly state: RegistryView | null
    }
  /** A hint: this node's session has closed. */
  | { readonly t: 'sessionClosed'; readonly node: NodeId }
  /** The signed master table, broadcast (NW2). */
  | { readonly t: 'masters'; readonly table: Jws }
  /** Answer to every `report`: the authority hears this node. */
  | { readonly t: 'heard'; readonly report: number; readonly version: Version }
  | { readonly t: 'refused'; readonly code: string; readonly why: string }
  /** Owner-signed notices (revocations): all of them after the welcome, then each new one (ID8). */
  | { readonly t: 'notices'; readonly notices: readonly Jws[] }

/** Node → authority. */
export type ToAuthority =
  | { readonly t: 'hello'; readonly certificate: Jws; readonly proof: Jws }
  | {
      readonly t: 'report'
      readonly report: number
      readonly token: Token
      readonly role: 'master' | 'follower'
      readonly stalled: boolean
      readonly durableIndex: LogIndex
      readonly height: number
      /** How long ago this node heard the master as master at `token`; null when it has not. */
      readonly heardMasterMs: number | null
      /** How long ago this node heard any *other* member of the sync set that it knows; null when it has not (RG6). */
      readonly heardSyncSetMs: number | null
      /** EL6: false while this node must re-sync before it may be elected. Not said: true. */
      readonly complete?: boolean | undefined
    }
  | { readonly t: 'claim'; readonly request: number; readonly claim: Jws }
  | { readonly t: 'reshape'; readonly request: number; readonly reshape: Jws }
  /** "Am I still master?": decided by a write (RG7). */
  | { readonly t: 'confirm'; readonly request: number; readonly token: Token }
  /** The master's recovery has ended (RC3); recorded by a write, and answered. */
  | {
      readonly t: 'recovered'
      readonly request: number
      readonly token: Token
      readonly by:
        | { readonly kind: 'height'; readonly height: number }
        | { readonly kind: 'log'; readonly from: NodeId }
    }
  /** A barred node has re-synced and found every block in agreement with its certificate (RG9). */
  | { readonly t: 'verified'; readonly request: number; readonly token: Token; readonly height: number }
  /** Result hashes of decided heights (signed `ResultReport`). */
  | { readonly t: 'results'; readonly report: Jws }
  /** Poll of the master table (NW2). */
  | { readonly t: 'getMasters' }
  /** Notices that this node knows and was not told of: a restored control plane has lost them (RG8). */
  | { readonly t: 'notices'; readonly notices: readonly Jws[] }
