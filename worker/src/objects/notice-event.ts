import { unreachable } from '@baton/shared/assert'
import type { Notice } from '@baton/shared/crypto/notices'
import type { IdentityEvent } from './authority/identity-events.ts'

/** RG11: which owner said what, and why. */
export function noticeEvent(notice: Notice): IdentityEvent {
  const { kind, payload } = notice
  const why = whyOf(notice)
  return { event: 'notice', who: `owner of ${payload.cluster}`, why, code: null, evidence: { kind, ...payload } }
}

function whyOf({ kind, payload }: Notice): string {
  switch (kind) {
    case 'revocation':
      return payload.reason
    case 'authorityKeys':
      return `authority keys, change ${payload.sequence}`
    case 'ownerRotation':
      return `owner key ${payload.from} is replaced by ${payload.to}, and counts until ${new Date(payload.until).toISOString()}`
    case 'memberKey':
      return `the key ${payload.from} of the arbiter ${payload.node} is replaced by ${payload.to}: ${payload.reason}`
    default:
      return unreachable(kind)
  }
}
