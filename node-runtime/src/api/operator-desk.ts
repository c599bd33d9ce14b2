/** What the API asks of a member of a majority for operators (MJ1, ID7): the answers have the form that the authentication node gives them. */
import type { StandingAlert } from '@baton/shared/core/registry/alerts'
import type { Explanation } from '@baton/shared/core/registry/explain'
import type { OperatorAction, Outcome, RegistryEvent } from '@baton/shared/core/registry/messages'
import type { OperatorRole, OperatorToken } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws, NodeId, SiteId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'

export interface DeskStatus {
  readonly cluster: ClusterId
  /** Null while the founder's grant is not decided, as far as this member knows. */
  readonly state: RegistryView | null
  /** What this member hears of the others; a hint. */
  readonly heard: readonly {
    readonly node: NodeId
    readonly site: SiteId
    readonly session: 'open' | 'closed' | 'none'
    readonly reportAgeMs: number | null
  }[]
}

export interface DeskExplanation extends Explanation {
  readonly cluster: ClusterId
  readonly alerts: readonly StandingAlert[]
}

/** `events`: what was recorded, or would be. */
export type ActAnswer = { readonly state: RegistryView | null; readonly events: readonly RegistryEvent[] } & (
  | { readonly ok: true; readonly dryRun: boolean }
  | ({ readonly ok: false } & Extract<Outcome, { readonly ok: false }>)
)

export interface OperatorDesk {
  /**
   * Who has a token of this cluster with this role or a higher one.
   * @param authorization the token itself
   * @throws BatonError UNAUTHENTICATED, FORBIDDEN
   */
  admit(authorization: Jws, needed: OperatorRole): Promise<OperatorToken>
  status(): DeskStatus
  /** As this member alone hears its cluster: a hint, as that of an authority. @throws BatonError UNREACHABLE before it knows anything */
  explain(): DeskExplanation
  /** @throws BatonError BAD_REQUEST for a body that is none of this act, or an act of a restore */
  act(operator: OperatorToken, name: OperatorAction['act'], body: unknown): Promise<ActAnswer>
}
