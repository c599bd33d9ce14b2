/** What goes into the registry machine and what comes out of it. */
import type { Claim, ClaimEvidence, Grant, OperatorRole, Reshape, Resignation } from '../../crypto/statement-types.ts'
import type { ErrorCode } from '../../errors.ts'
import type { ClusterPolicy } from '../../genesis.ts'
import type {
  ClusterId,
  Epoch,
  Generation,
  Jws,
  NetworkId,
  NodeId,
  PublicKey,
  Token,
  UnixMs,
  Version,
} from '../../ids.ts'
import type { OrderView, SwitchoverView, ToAuthority } from '../../protocol/control.ts'
import type { Moment, Step } from '../step.ts'
import type { Acknowledged, Created, ForeignSilence, GrantRecord, Member, RegistryState } from './types.ts'

/** Who waits for an answer: a session or an HTTP request, and its number for the request. */
export interface RequestRef {
  readonly channel: string
  readonly request: number
}

export type Report = Omit<Extract<ToAuthority, { t: 'report' }>, 't'>
/** What operators do (ID7 gates who may). */
export type OperatorAction =
  | { readonly act: 'order'; readonly id: string; readonly node: NodeId }
  /** As an order, and the bar ends by nothing but `clear`: the node is taken out for good (RG9). */
  | { readonly act: 'evict'; readonly id: string; readonly node: NodeId }
  /** A planned change of master at `at`, or at once when that is past; `to` null: to the best standby then. */
  | { readonly act: 'switchover'; readonly id: string; readonly to: NodeId | null; readonly at: UnixMs }
  | { readonly act: 'cancel-switchover' }
  /** Lifts the bar on a node (RG9). */
  | { readonly act: 'clear'; readonly node: NodeId }
  | { readonly act: 'pause'; readonly until: UnixMs }
  | { readonly act: 'resume' }
  /** RG6, where recovery is never automatic. */
  | { readonly act: 'confirm-fenced' }
  | { readonly act: 'allow-data-loss'; readonly node: NodeId }
  /** RC4: the wait for the other clusters is given up. */
  | { readonly act: 'end-recovery' }
  /** RG8: the registry was restored, or is about to be. */
  | { readonly act: 'freeze' }
  /** RG8: ends the freeze; orders and bars given since the backup are entered again. */
  | {
      readonly act: 'raise-generation'
      readonly generation: Generation
      readonly bars: readonly NodeId[]
      readonly orders: readonly OrderView[]
    }
  /** RG8: those who have not shown what they hold are not waited for; the next grant is recovering. */
  | { readonly act: 'accept-incomplete-restore' }

export type RecoveredBy = Extract<ToAuthority, { t: 'recovered' }>['by']

/** Every statement and certificate in an input was verified by the driver before (ID5). */
export type RegistryInput =
  /** From genesis; a repeat changes nothing. */
  | {
      readonly i: 'create'
      readonly network: NetworkId
      readonly cluster: ClusterId
      readonly founder: NodeId
      readonly policy: ClusterPolicy
    }
  /** A node opened a session; `nonce` is the challenge it answered: the founder's grant repeats it (EL5). */
  | { readonly i: 'memberSeen'; readonly member: Member; readonly nonce: string }
  /** The owner has revoked this key of this node; `id` names the order that follows where it is the master (ID8, RG9). */
  | {
      readonly i: 'revoked'
      readonly id: string
      readonly node: NodeId
      readonly key: PublicKey
      readonly by: string
      readonly why: string
    }
  | { readonly i: 'sessionOpened'; readonly node: NodeId; readonly session: string }
  | { readonly i: 'sessionClosed'; readonly node: NodeId; readonly session: string }
  | { readonly i: 'report'; readonly node: NodeId; readonly session: string; readonly report: Report }
  /** `resignation` is the verified content of `resigned` evidence; null when there is none or it does not verify. */
  | {
      readonly i: 'claim'
      readonly from: RequestRef
      readonly claim: Claim
      readonly resignation: Resignation | null
    }
  | { readonly i: 'reshape'; readonly from: RequestRef; readonly reshape: Reshape; readonly statement: Jws }
  | { readonly i: 'confirm'; readonly from: RequestRef; readonly node: NodeId; readonly token: Token }
  /** The master says that recovery has ended (RC3). */
  | {
      readonly i: 'recovered'
      readonly from: RequestRef
      readonly node: NodeId
      readonly token: Token
      readonly by: RecoveredBy
    }
  /** A barred node has re-synced and found every block in agreement with its certificate (RG9). */
  | {
      readonly i: 'verified'
      readonly from: RequestRef
      readonly node: NodeId
      readonly token: Token
      readonly height: number
    }
  /** From the directory: a node has passed the threshold of errors (NW5, RG9). */
  | ({
      readonly i: 'order'
      /** False: the node stays electable, as after missed votes (NW5). */
      readonly bars?: boolean
    } & OrderView)
  | {
      readonly i: 'operator'
      readonly from: RequestRef
      readonly by: string
      readonly why: string
      readonly action: OperatorAction
      /** ID7: the role that the operator acts in, and the id of its token. */
      readonly role?: OperatorRole | undefined
      readonly token?: string | undefined
      /** RG1: the version that the operator has seen; not given: whatever is recorded. */
      readonly against?: Version | undefined
    }
  /** What a node holds: once per session, at its start (RG8). */
  | {
      readonly i: 'shown'
      readonly node: NodeId
      readonly session: string
      readonly grant: Grant | null
      readonly reshape: Reshape | null
    }
  /** The highest grant of this cluster that the directory has verified (RG8). */
  | { readonly i: 'directoryKnows'; readonly grant: Grant }
  /** From the directory, again and again: what other clusters' masters hear of this one (RG6). */
  | ({ readonly i: 'foreignSilence' } & Omit<ForeignSilence, 'at'>)
  | { readonly i: 'tick' }

export type OperatorInput = Extract<RegistryInput, { readonly i: 'operator' }>

export type RegistryWrite =
  | { readonly w: 'cluster'; readonly registry: Created }
  | { readonly w: 'member'; readonly member: Member }
  /** Insert only: a second row for one token is a broken invariant (RG8). */
  | { readonly w: 'grant'; readonly grant: GrantRecord }
  | { readonly w: 'reshape'; readonly token: Token; readonly version: Version; readonly statement: Jws }
  | { readonly w: 'acknowledged'; readonly node: NodeId; readonly acknowledged: Acknowledged }
  /** Changes nothing that is read: it proves that this instance may still write (RG7). */
  | { readonly w: 'confirmed'; readonly node: NodeId; readonly token: Token; readonly at: UnixMs }

export type Outcome = { readonly ok: true } | ({ readonly ok: false } & Refusal)

export interface Refusal {
  readonly code: ErrorCode
  readonly why: string
  /** Ask again after this long; null: not before something changes. */
  readonly retryAfterMs: number | null
}

export type RegistrySend =
  | { readonly s: 'reply'; readonly to: RequestRef; readonly outcome: Outcome }
  /** The registry changed: its state goes to every session. */
  | { readonly s: 'broadcast' }
  /** This session is behind: it gets the state again. */
  | { readonly s: 'state'; readonly session: string }
  | { readonly s: 'heard'; readonly session: string; readonly report: number }
  /** A hint to every session. */
  | { readonly s: 'sessionClosed'; readonly node: NodeId }
  /** A newer session of the same node took its place, or a restore begins: each node shows anew what it holds. */
  | { readonly s: 'closeSession'; readonly session: string; readonly why: 'superseded' | 'restore' }
  /** The directory must learn of this grant (NW2). */
  | { readonly s: 'directory'; readonly grant: GrantRecord }

/** RG11: who, why, on what evidence, and the state after it. */
export interface RegistryEvent {
  readonly event: RegistryEventKind
  /** A node, or an operator by name. */
  readonly who: string
  readonly why: string
  readonly code: ErrorCode | null
  readonly evidence: RegistryEvidence | null
  readonly after: RegistrySummary
}

export type RegistryEventKind =
  | 'created'
  | 'member-added'
  | 'member-changed'
  | 'granted'
  | 'grant-repeated'
  | 'claim-refused'
  | 'reshaped'
  | 'reshape-repeated'
  | 'reshape-refused'
  | 'confirmed'
  | 'confirm-refused'
  | 'recovery-ended'
  | 'recovery-end-repeated'
  | 'recovery-end-refused'
  | 'bar-lifted'
  /** RG9: shown; but only an operator lifts this bar. */
  | 'verified'
  | 'verified-repeated'
  | 'verified-refused'
  | 'ordered'
  | 'order-refused'
  /** An alert: nobody can take over from the ordered master. */
  | 'order-waits'
  | 'evicted'
  | 'switchover-asked'
  | 'switchover-due'
  /** Another node has taken over as it was asked. */
  | 'switchover-done'
  /** An alert: it could not be done, or not in its time; the master goes on. */
  | 'switchover-dropped'
  | 'switchover-cancelled'
  | 'paused'
  | 'resumed'
  | 'pause-expired'
  | 'fencing-confirmed'
  | 'data-loss-allowed'
  | 'frozen'
  | 'generation-raised'
  | 'shown'
  | 'restored'
  | 'restore-accepted'
  | 'operator-repeated'
  | 'operator-refused'
  | 'report-conflict'
  | 'revoked'

export type RegistryEvidence =
  | { readonly kind: 'claim'; readonly claim: Omit<Claim, 'evidence'>; readonly given: ClaimEvidence }
  | { readonly kind: 'reshape'; readonly reshape: Reshape }
  | { readonly kind: 'token'; readonly token: Token; readonly role?: 'master' | 'follower' }
  | { readonly kind: 'recovered'; readonly token: Token; readonly by: RecoveredBy }
  | { readonly kind: 'verified'; readonly token: Token; readonly height: number }
  | { readonly kind: 'order'; readonly order: OrderView }
  | { readonly kind: 'shown'; readonly grant: Grant | null; readonly reshape: Reshape | null }
  | {
      readonly kind: 'operator'
      readonly action: OperatorAction
      readonly role?: OperatorRole | undefined
      readonly token?: string | undefined
    }
  /** A call that never became an act: its token or role was refused (ID7). */
  | {
      readonly kind: 'call'
      readonly call: string
      readonly role?: OperatorRole | undefined
      readonly token?: string | undefined
    }
  | { readonly kind: 'switchover'; readonly switchover: SwitchoverView }
  | { readonly kind: 'session'; readonly member: Omit<Member, 'certificate'> }
  | { readonly kind: 'revoked'; readonly id: string; readonly node: NodeId; readonly key: PublicKey }

export interface RegistrySummary {
  readonly generation: Generation | null
  readonly epoch: Epoch | null
  readonly version: Version | null
  readonly master: NodeId | null
  readonly syncSet: readonly NodeId[]
}

export interface RegistryContext extends Moment {
  /** Written into grants and events, and compared with the expiry of certificates (ID8): with nothing else. */
  readonly wallClock: UnixMs
}

export type RegistryTimer = 'flush' | 'switchover'
export type RegistryStep = Step<RegistryState, RegistryWrite, RegistrySend, RegistryTimer, RegistryEvent>
