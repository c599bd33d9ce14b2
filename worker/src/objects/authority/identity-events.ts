/** RG11 for what happens at the door: the same fields as the events of the registry, in the same chain. */
import type { ErrorCode } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import type { UnreadRequest } from '../authority-api.ts'

export interface IdentityEvent {
  readonly event:
    | 'joined'
    | 'join-refused'
    | 'session-refused'
    | 'request-refused'
    /** Of an admitted node. */
    | 'frame-refused'
    | 'shown-refused'
    | 'notice-refused'
    | 'certificate-renewed'
    | 'renewal-refused'
    | 'attempts-limited'
    | 'notice'
  /** A node by the name it gave, an owner, or an address. */
  readonly who: string
  readonly why: string
  readonly code: ErrorCode | null
  readonly evidence: Readonly<Record<string, unknown>> | null
}

/** Nobody knows who has sent it: only from where, and what it asked for. */
export function unreadEvent({ call, code, why }: UnreadRequest): IdentityEvent & { readonly code: ErrorCode } {
  const evidence = { call: call.slice(0, LIMITS.operatorTextCharacters) }
  return { event: 'request-refused', who: 'unknown', why, code, evidence }
}
