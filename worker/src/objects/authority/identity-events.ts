/** RG11 for what happens at the door: the same fields as the events of the registry, in the same chain. */
import type { ErrorCode } from '@baton/shared/errors'

export interface IdentityEvent {
  readonly event:
    | 'joined'
    | 'join-refused'
    | 'session-refused'
    | 'request-refused'
    /** Of an admitted node. */
    | 'frame-refused'
    | 'shown-refused'
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
