/** The link of a node to its cluster's authority: one outbound WebSocket, HTTP where it is down (DESIGN section 11). */
import type { ErrorCode } from '../errors.ts'
import type { Instant, Jws, NodeId, Token, Version } from '../ids.ts'
import type { FromAuthority, RegistryView, SilenceElsewhere, ToAuthority } from '../protocol/control.ts'

/** What is answered. Signed statements travel as they are, so that any way carries the same bytes. */
export type ControlRequest =
  | { readonly t: 'claim'; readonly claim: Jws }
  | { readonly t: 'reshape'; readonly reshape: Jws }
  | { readonly t: 'confirm'; readonly token: Token }
  | Omit<Extract<ToAuthority, { readonly t: 'recovered' }>, 'request'>
  | Omit<Extract<ToAuthority, { readonly t: 'verified' }>, 'request'>

/** What is not answered, or only by an event. */
export type ControlNotice = Extract<
  ToAuthority,
  { readonly t: 'report' | 'results' | 'findings' | 'shown' | 'notices' | 'mirror' | 'asked' }
>

/**
 * The registry after the request, or why not. `UNREACHABLE` means that the outcome is unknown: the request may have been
 * decided, and only a later state tells (RG4).
 */
export type ControlReply =
  | { readonly ok: true; readonly state: RegistryView }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly why: string
      readonly retryAfterMs: number | null
      readonly state: RegistryView | null
    }

type Welcome = Extract<FromAuthority, { readonly t: 'welcome' }>

export interface ControlLinkHandler {
  /**
   * A session is open. `challenge` is the one this process answered; `state` is null before the founder has registered; `protocol` is
   * the version in use.
   */
  onUp(welcome: Omit<Welcome, 't'> & { readonly challenge: string; readonly protocol: number }): void
  /** The session is gone, or the first one could not be opened; a new one is on its way. Told once until the next `onUp`. */
  onDown(why: string): void
  onState(state: RegistryView): void
  /** A signed master table, not yet verified (NW2). */
  onMasters(table: Jws): void
  onSessionClosed(node: NodeId): void
  /** Owner-signed notices, not yet verified (ID8). */
  onNotices(notices: readonly Jws[]): void
  /** The authority has heard the report sent at `sentAt`: whatever follows is counted from there. */
  onHeard(heard: { readonly report: number; readonly version: Version; readonly sentAt: Instant }): void
  /** MJ1: the edge submits something to the members that are the arbiter; answered by `asked`. */
  onAsk(ask: Extract<FromAuthority, { readonly t: 'ask' }>): void
  /** MJ1: votes of this cluster, as the others hear them (RG6). */
  onForeignSilence(silence: SilenceElsewhere): void
  /** The authority refuses this node: certificate, challenge or protocol. It is asked again, slowly. */
  onRefused(code: string, why: string): void
}

export interface ControlLink {
  start(): void
  stop(): Promise<void>
  /** True between `onUp` and `onDown`. */
  readonly connected: boolean
  /** False when there is no session: nothing is queued. */
  send(notice: ControlNotice): boolean
  /** Never rejects. Decided within the timeout, counted from the sending; never repeated by itself. */
  request(request: ControlRequest): Promise<ControlReply>
  /** Asks for the master table, over HTTP when there is no session; what is new comes as `onMasters` (NW2). */
  pollMasters(): void
  /** Brings another node's signed claim to the authority, over HTTP. Never rejects. */
  relay(claim: Jws, certificate: Jws): Promise<ControlReply>
}
