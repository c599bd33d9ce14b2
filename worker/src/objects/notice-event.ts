import type { Notice } from '@baton/shared/crypto/notices'
import type { IdentityEvent } from './authority/identity-events.ts'

/** RG11: which owner said what, and why. */
export function noticeEvent({ kind, payload }: Notice): IdentityEvent {
  const { cluster } = payload
  const why = kind === 'revocation' ? payload.reason : `authority keys, change ${payload.sequence}`
  return { event: 'notice', who: `owner of ${cluster}`, why, code: null, evidence: { kind, ...payload } }
}
