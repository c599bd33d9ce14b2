/** What the Worker and the directory call on a cluster's authority. Results, never exceptions (DESIGN section 11). */
import type { ForeignSilenceOf } from '@baton/shared/core/audit/types'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { ErrorCode } from '@baton/shared/errors'
import type { ClusterId, Jws, NodeId, SiteId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { Result } from '@baton/shared/result'

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

/** An act of an operator, whom the caller has judged (ID7). */
export interface OperatorRequest {
  readonly operator: { readonly name: string }
  readonly why: string
  readonly action: OperatorAction
}

export interface AuthorityApi {
  operate(cluster: ClusterId, request: OperatorRequest): Promise<RequestAnswer>
  status(cluster: ClusterId): Promise<Result<ClusterStatus>>
  events(cluster: ClusterId, after: number, limit: number): Promise<Result<readonly ChainedEvent[]>>
  request(
    cluster: ClusterId,
    kind: StatementKindOverHttp,
    statement: string,
    certificate: string,
  ): Promise<RequestAnswer>
  /** What the masters of other clusters hear of this one's votes, put together by the directory (RG6). */
  foreignSilence(cluster: ClusterId, silence: ForeignSilenceOf): Promise<Result<null>>
  /** The directory's broadcast (NW2). */
  masters(version: number, table: Jws): Promise<Result<null>>
}
