import type { Revocation } from '@baton/shared/crypto/statement-types'
import type { IdentityEvent } from './authority/identity-events.ts'

/** RG11: who revoked what, and why. */
export function noticeEvent({ cluster, id, subject, reason, at }: Revocation): IdentityEvent {
  return {
    event: 'notice',
    who: `owner of ${cluster}`,
    why: reason,
    code: null,
    evidence: { id, cluster, subject, at },
  }
}
