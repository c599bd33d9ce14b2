/**
 * A join token as one line to copy (ID3): `baton-join:v1:` and base64url of what a fresh host needs. Secret while the token lives: it
 * carries the token's private key.
 */
import { z } from 'zod'
import * as id from '../id-schemas.ts'
import type { Hash, Jws } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { type Failure, failure, type Result, success } from '../result.ts'
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from './bytes.ts'
import { type KeyPair, keyPairFromSeed } from './keys.ts'
import type { JoinToken } from './statement-types.ts'
import { peekStatement } from './statements.ts'

const PREFIX = 'baton-join:v1:'

export interface JoinTokenText {
  /** Signed by the owner (`JoinToken`). */
  readonly statement: Jws
  /** Of the token: 32 bytes, base64url. Secret. */
  readonly seed: string
  /** Where the authority is, without a slash at its end. */
  readonly authority: string
  /** The network is the one whose genesis document has this hash. */
  readonly genesis: Hash
}

export interface OpenedJoinToken {
  readonly statement: Jws
  /** What it says; NOT verified before genesis is known. */
  readonly token: JoinToken
  readonly keys: KeyPair
  readonly authority: string
  readonly genesis: Hash
}

const schema = z.object({
  statement: id.jws,
  seed: z.string().length(43),
  authority: id.address.regex(/^https?:\/\//),
  genesis: id.hash,
})

export function writeJoinToken(parts: JoinTokenText): string {
  return PREFIX + toBase64Url(toUtf8(JSON.stringify(schema.parse(parts))))
}

/** `TOKEN_INVALID` for anything but a whole token whose private key is the one that its statement names. */
export async function readJoinToken(text: string): Promise<Result<OpenedJoinToken>> {
  const line = text.trim()
  if (!line.startsWith(PREFIX)) return invalid(`it does not begin with ${PREFIX}`)
  if (line.length > LIMITS.tokenTextCharacters) return invalid('it is too long')
  const parsed = schema.safeParse(jsonOf(line.slice(PREFIX.length)))
  if (!parsed.success) return invalid('it is damaged: copy the whole line')
  const { statement, seed, authority, genesis } = parsed.data
  const read = peekStatement('joinToken', statement)
  const bytes = fromBase64Url(seed)
  if (!read.ok) return invalid(read.why)
  if (bytes === null || bytes.length !== 32) return invalid('it is damaged: copy the whole line')
  const keys = await keyPairFromSeed(bytes)
  if (keys.publicKey !== read.payload.key) return invalid('its two halves do not belong together')
  return success({ statement, token: read.payload, keys, authority, genesis })
}

function jsonOf(text: string): unknown {
  const bytes = fromBase64Url(text)
  const json = bytes === null ? null : fromUtf8(bytes)
  if (json === null) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function invalid(why: string): Failure {
  return failure('TOKEN_INVALID', `this is no join token: ${why}`)
}
