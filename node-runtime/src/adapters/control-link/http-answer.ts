/** Reading HTTP answers of the authority: bounded, checked, never throwing. */
import type { IncomingMessage } from 'node:http'
import { isErrorCode } from '@baton/shared/errors'
import { count } from '@baton/shared/id-schemas'
import { LIMITS } from '@baton/shared/limits'
import type { ControlReply } from '@baton/shared/ports/control-link'
import { registryViewSchema } from '@baton/shared/protocol/control-schemas'
import { z } from 'zod'

const grantedSchema = z.object({ ok: z.literal(true), state: registryViewSchema })
const errorSchema = z.object({
  error: z.string(),
  message: z.string(),
  retryAfterMs: count.nullable().default(null),
  state: registryViewSchema.nullable().default(null),
})

/** A reply whose outcome is unknown. */
export function unreachable(why: string): ControlReply {
  return { ok: false, code: 'UNREACHABLE', why, retryAfterMs: null, state: null }
}

/** A refusal with the code it names; a code that this version does not know becomes INTERNAL and stays in the text. */
export function refusal(
  code: string,
  why: string,
  rest: Pick<Extract<ControlReply, { ok: false }>, 'retryAfterMs' | 'state'>,
): ControlReply {
  return { ok: false, ...(isErrorCode(code) ? { code, why } : { code: 'INTERNAL', why: `${code}: ${why}` }), ...rest }
}

export async function replyOf(response: IncomingMessage): Promise<ControlReply> {
  const body = await jsonOf(response)
  const granted = grantedSchema.safeParse(body)
  if (response.statusCode === 200 && granted.success) return { ok: true, state: granted.data.state }
  const error = errorSchema.safeParse(body)
  // What is no answer of the authority (a proxy, a gateway) says nothing about the outcome.
  if (response.statusCode === 200 || !error.success) return unreachable(`HTTP status ${response.statusCode}`)
  const { retryAfterMs, state } = error.data
  return refusal(error.data.error, error.data.message, { retryAfterMs, state })
}

/** The coded reason in an error body; null when there is none. */
export async function refusalOf(
  response: IncomingMessage,
): Promise<{ readonly code: string; readonly why: string } | null> {
  const error = errorSchema.safeParse(await jsonOf(response))
  return error.success ? { code: error.data.error, why: error.data.message } : null
}

/** Undefined when the body is too long, broken off, or no JSON. */
export async function jsonOf(response: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > LIMITS.controlFrameBytes) return undefined
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
