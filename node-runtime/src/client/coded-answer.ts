/** Errors in the bodies of HTTP answers: `{error, message, remedy?, details?, retryAfterMs?}`, of nodes and of the authentication node. */
import { BatonError, isErrorCode } from '@baton/shared/errors'

/** Null when the body has none of our codes: a proxy in between, or something else at that address. */
export function codedErrorIn(body: unknown): BatonError | null {
  const { error, message, remedy, details, retryAfterMs } = fieldsOf(body)
  if (!isErrorCode(error)) return null
  return new BatonError(error, String(message), {
    ...(typeof remedy === 'string' ? { remedy } : {}),
    details: { ...fieldsOf(details), ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}) },
  })
}

/** What to say of an answer without a code that this version knows; a newer one's text is still worth reading. */
export function describeAnswer(status: number, body: unknown): string {
  const { error, message } = fieldsOf(body)
  const said = typeof error === 'string' && typeof message === 'string' ? `: ${error}: ${message}` : ''
  return `it answered HTTP ${status}${said}`
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
