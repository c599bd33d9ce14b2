/** What the Worker and the directory call on a cluster's authority. Results, never exceptions (DESIGN section 11). */
import type { ForeignSilenceOf } from '@baton/shared/core/audit/types'
import type { StandingAlert } from '@baton/shared/core/registry/alerts'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { Explanation } from '@baton/shared/core/registry/explain'
import type { OperatorAction, RegistryEvent } from '@baton/shared/core/registry/messages'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { OperatorToken } from '@baton/shared/crypto/statement-types'
import type { ErrorCode } from '@baton/shared/errors'
import type { ClusterId, Jws, NodeId, PublicKey, SiteId, UnixMs, Version } from '@baton/shared/ids'
import type { OrderView, RegistryView } from '@baton/shared/protocol/control'
import type { Result } from '@baton/shared/result'
import type { UsageCounts } from '../metrics/usage.ts'

export type StatementKindOverHttp = 'claim' | 'reshape'

export type RequestAnswer =
  /** `state` is null while the founder has not registered. */
  | { readonly ok: true; readonly state: RegistryView | null }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly why: string
      readonly retryAfterMs: number | null
      readonly state: RegistryView | null
    }

/** What the authority hears of one member; a hint. */
export interface HeardMember {
  readonly node: NodeId
  readonly site: SiteId
  readonly session: 'open' | 'closed' | 'none'
  /** Age of the last report; null: none in this life of the authority. */
  readonly reportAgeMs: number | null
}

export interface ClusterStatus {
  readonly cluster: ClusterId
  /** Null while the founder has not registered. */
  readonly state: RegistryView | null
  readonly heard: readonly HeardMember[]
}

/** A call that needs a role, as the Worker has judged it (ID7). */
export interface OperatorCall {
  /** Method and path. */
  readonly call: string
  /** Null: nobody vouches for who calls. */
  readonly operator: OperatorToken | null
  readonly refusal: { readonly code: ErrorCode; readonly why: string } | null
}

/** A page of the event log. */
export interface EventsQuery {
  /** Events after this number. */
  readonly after: number
  readonly limit: number
  /** How long to wait while there is none; 0: not at all. */
  readonly waitMs: number
}

export interface OperatorRequest {
  readonly operator: OperatorToken
  /** The statement itself: members that are the arbiter look for themselves (MJ1). */
  readonly authorization: Jws
  readonly why: string
  readonly action: OperatorAction
  /** RG1: the version it was made against; null: whatever is recorded. */
  readonly against: Version | null
  /** Only what would come of it. */
  readonly dryRun: boolean
}

/** `events`: what was recorded, or would be. */
export type OperatorAnswer = RequestAnswer & { readonly events: readonly RegistryEvent[] }

export interface ClusterExplanation extends Explanation {
  readonly cluster: ClusterId
  readonly alerts: readonly StandingAlert[]
}

export interface JoinAnswer {
  readonly cluster: ClusterId
  readonly node: NodeId
  /** Of the token; null: the owner signed the certificate itself. */
  readonly usesLeft: number | null
}

export interface RenewalAnswer {
  /** The renewed certificate. */
  readonly certificate: Jws
}

/** A node as the owner certified it, and as the authority hears it. */
export interface KnownNode extends HeardMember {
  readonly cluster: ClusterId
  readonly key: PublicKey
  readonly peerAddress: string
  readonly apiAddress: string
  readonly expiresAt: UnixMs
  readonly revoked: boolean
  readonly barred: boolean
  readonly role: 'master' | 'standby' | 'ordinary'
}

/** What the registry says to an order of the directory. */
export interface OrderAnswer {
  /** It has been recorded, now or before. */
  readonly taken: boolean
  /** Its switch has still to happen. */
  readonly stands: boolean
  /** Why it was not taken. */
  readonly why: string | null
}

/** Genesis with the owner keys that count now, as plain data. */
export type OwnerKeys = Pick<Trust, 'network' | 'clusters' | 'authorityKeys' | 'ownerKeyEnds'>

/** What the Worker has refused before it read it. */
export interface UnreadRequest {
  /** `POST /v1/networks/…`. */
  readonly call: string
  readonly code: ErrorCode
  readonly why: string
}

export interface AuthorityApi {
  owners(cluster: ClusterId): Promise<Result<OwnerKeys>>
  /** Repeats a refusal, and records it; refuses a token that was revoked. */
  admit(cluster: ClusterId, call: OperatorCall): Promise<Result<null>>
  operate(cluster: ClusterId, request: OperatorRequest): Promise<OperatorAnswer>
  explain(cluster: ClusterId): Promise<Result<ClusterExplanation>>
  nodes(cluster: ClusterId): Promise<Result<readonly KnownNode[]>>
  /** Of this object, this call included. */
  usage(cluster: ClusterId): Promise<Result<UsageCounts>>
  /** ID3. `source`: the address that asks. */
  join(cluster: ClusterId, request: Jws, source: string): Promise<Result<JoinAnswer>>
  /** ID8. */
  renew(cluster: ClusterId, request: Jws, source: string): Promise<Result<RenewalAnswer>>
  /** The directory's broadcast of owner-signed notices (ID8). */
  notices(cluster: ClusterId, statements: readonly Jws[]): Promise<Result<null>>
  status(cluster: ClusterId): Promise<Result<ClusterStatus>>
  /** `caller`: judged again when the answer has waited (ID7). */
  events(cluster: ClusterId, query: EventsQuery, caller: OperatorCall): Promise<Result<readonly ChainedEvent[]>>
  request(
    cluster: ClusterId,
    kind: StatementKindOverHttp,
    statement: string,
    certificate: string,
    source: string,
  ): Promise<RequestAnswer>
  /** RG11: records it, as long as its source has not had too much refused. */
  unread(cluster: ClusterId, request: UnreadRequest, source: string): Promise<Result<null>>
  /** What the masters of other clusters hear of this one's votes, put together by the directory (RG6). */
  foreignSilence(cluster: ClusterId, silence: ForeignSilenceOf): Promise<Result<null>>
  /** A switch that the directory orders (NW5, RG9): recorded once, whatever the repeats. */
  order(cluster: ClusterId, order: OrderView, bars: boolean): Promise<Result<OrderAnswer>>
  /** The directory's broadcast (NW2). */
  masters(version: number, table: Jws): Promise<Result<null>>
}
