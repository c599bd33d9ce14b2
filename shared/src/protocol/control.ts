/**
 * Messages on the control link between a node and its cluster's authority: JSON text frames on one outbound
 * WebSocket. Statements inside (claims, reshapes) are signed on their own, so that the HTTP fallback and a peer's
 * relay carry the same bytes. The zod schemas in `control-schemas.ts` check every frame.
 */

import type { OperatorInput, Outcome, RegistryEvent } from '../core/registry/messages.ts'
import type { ForeignSilence } from '../core/registry/types.ts'
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
import { LIMITS } from '../limits.ts'

/**
 * 1: the first.
 * 2: `shown` of a node, and `reshape` in the view of the registry (RG8); `notices` both ways (ID8); `findings` of a master (NW4).
 * 3: `mirror`, `ask` and `foreignSilence`, of a cluster that is its own arbiter (MJ1).
 */
export const CONTROL_PROTOCOL = { min: 1, max: 3 } as const
/** The first version with `shown`. */
export const SHOWN_SINCE = 2
/** The first version with `notices`. */
export const NOTICES_SINCE = 2
/** The first version with `findings`. */
export const FINDINGS_SINCE = 2

/** The first version with `mirror`, `ask` and `foreignSilence`. */
export const MIRROR_SINCE = 3

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

/** Why a node may not be elected, for people (RG9). */
export interface QuarantineView {
  readonly node: NodeId
  readonly order: string
  readonly cause: OrderView['cause']
  readonly why: string
  readonly at: UnixMs
  /** Taken out for good: only an operator lifts this bar, however well the node re-syncs. */
  readonly evicted: boolean
  /** The node has shown, up to this height, that it agrees with the network; null: not yet. An operator may lift the bar. */
  readonly verified: number | null
}

/** A planned change of master that an operator asked for: no bar, and it ends with the next grant (EL8). */
export interface SwitchoverView {
  readonly id: string
  /** Named by the operator, or chosen when it is due; null before that. */
  readonly to: NodeId | null
  readonly by: string
  readonly why: string
  /** When it is to happen, and when the request is dropped if it has not. */
  readonly at: UnixMs
  readonly until: UnixMs
  /** The authority has found that it can be done: that node claims. */
  readonly due: boolean
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
  /** Why, of those that an order has barred; not said by an older authority. */
  readonly quarantine?: readonly QuarantineView[] | undefined
  /** Oldest first. */
  readonly orders: readonly OrderView[]
  readonly pause: PauseView | null
  /** Not said by an older authority. */
  readonly switchover?: SwitchoverView | null | undefined
  /** Why nothing is granted or changed until an operator raises the generation (RG8); null: not frozen. */
  readonly frozen: string | null
  /** The statement behind the sync set; null while it is that of the grant. Said from version 2 on. */
  readonly reshape?: Jws | null | undefined
  /** The authority's own statement of the sync set at this version, for peers to pass on (RG4); null while the registry stands still. Not said by an older authority. */
  readonly recorded?: Jws | null | undefined
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
  /** MJ1: what the edge submits to the members that are the arbiter; from version 3 on. Answered by `asked`. */
  | { readonly t: 'ask'; readonly request: number; readonly ask: EdgeAsk }
  /** MJ1: what the directory knows of votes elsewhere (RG6); from version 3 on, again and again. */
  | ({ readonly t: 'foreignSilence' } & SilenceElsewhere)
  /** Owner-signed notices (revocations): all of them after the welcome, then each new one (ID8). From version 2 on. */
  | NoticesFrame

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
      /** EL6: the longest that this process has had its log: shorter by now, it was truncated, not lost. Not said by an older node. */
      readonly longest?: LogIndex | undefined
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
  /**
   * RG8, from version 2 on: once per session, at its start, what the node holds: its highest verified grant of the cluster, and the
   * newest reshape made under it that a view of the registry has confirmed.
   */
  | { readonly t: 'shown'; readonly credential: Credential | null; readonly reshape: Jws | null }
  /** Result hashes of decided heights (signed `ResultReport`). */
  | { readonly t: 'results'; readonly report: Jws }
  /** From version 2 on: what a master has found against others (signed `Findings`, NW4). */
  | { readonly t: 'findings'; readonly findings: Jws }
  /** Poll of the master table (NW2). */
  | { readonly t: 'getMasters' }
  /**
   * MJ1, from version 3 on: the newest decided value that this member knows, as `writeValue` gives it, and what its registry has said since;
   * after the welcome, and at every change.
   */
  | { readonly t: 'mirror'; readonly value: string; readonly events: readonly RegistryEvent[] }
  /** MJ1: what came of an `ask`; a `mirror` with the value that it left came before. */
  | {
      readonly t: 'asked'
      readonly request: number
      readonly outcome: Outcome
      readonly events: readonly RegistryEvent[]
    }
  /** Notices that this node knows: a restored control plane has lost them (RG8). From version 2 on. */
  | NoticesFrame

/** An order of the directory (NW5), or an operator's act with the operator's own token: the edge's word alone is nobody's (ID7). */
export type EdgeAsk =
  | { readonly kind: 'order'; readonly order: OrderView; readonly bars: boolean }
  | ({ readonly kind: 'operator'; readonly authorization: Jws } & Pick<OperatorInput, 'why' | 'action' | 'against'>)

export type SilenceElsewhere = Omit<ForeignSilence, 'at'>

export interface NoticesFrame {
  readonly t: 'notices'
  readonly notices: readonly Jws[]
}

/** Any number of notices, in frames of at most `LIMITS.noticesPerFrame`. */
export function noticeFrames(notices: readonly Jws[]): readonly NoticesFrame[] {
  const frames: NoticesFrame[] = []
  for (let at = 0; at < notices.length; at += LIMITS.noticesPerFrame) {
    frames.push({ t: 'notices', notices: notices.slice(at, at + LIMITS.noticesPerFrame) })
  }
  return frames
}
