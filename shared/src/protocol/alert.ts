/** What a webhook is sent when an alert is raised or has ended. */
import { toUtf8 } from '../crypto/bytes.ts'

export interface AlertMessage {
  readonly format: 'baton-alert/1'
  /** The same for every attempt to deliver it: a receiver that has it already may drop it. */
  readonly id: string
  readonly network: string
  /** Null: it is about the network as a whole. */
  readonly cluster: string | null
  /** Null: told by the authority. */
  readonly node: string | null
  readonly code: string
  readonly raised: boolean
  readonly why: string
  /** Wall-clock time of the sender when it happened, ms since 1970. */
  readonly at: number
}

/** `sha256=` and the HMAC of the body's bytes in hex: only who has the secret sends it, and nobody has changed it. */
export const ALERT_SIGNATURE_HEADER = 'x-baton-signature'

export async function signAlert(secret: string, body: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', toUtf8(secret), algorithm, false, ['sign'])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, toUtf8(body)))
  return `sha256=${[...mac].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** When an attempt to deliver may be made again: doubled each time. */
export function alertRetryMs(attempts: number): number {
  return Math.min(ALERT_RETRY_MAX_MS, ALERT_RETRY_MS * 2 ** (attempts - 1))
}

const ALERT_RETRY_MS = 1_000
const ALERT_RETRY_MAX_MS = 60_000
