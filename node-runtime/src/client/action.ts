/** An unsigned action as one JSON line: `{"put":{…}}`, `{"transfer":{…}}`, `{"mint":{…}}` or `{"replace-minter":{…}}`. */
import type { Action } from '@baton/shared/core/ledger/types'
import { PUBLIC_KEY_PATTERN, type PublicKey } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { failure, type Result, success } from '@baton/shared/result'
import { z } from 'zod'

const publicKey = z
  .string()
  .regex(PUBLIC_KEY_PATTERN, 'must be an Ed25519 public key in base64url')
  .transform((key) => key as PublicKey)
const amount = z.int('must be a whole number').min(1, 'must be at least 1')

const ACTIONS = {
  put: z.strictObject({
    key: z.string().min(1, 'must not be empty').max(LIMITS.recordKeyCharacters),
    value: z.string().max(LIMITS.recordValueBytes),
    ifVersion: z.int().min(0).optional(),
  }),
  transfer: z.strictObject({ to: publicKey, amount, sequence: z.int().min(0) }),
  mint: z.strictObject({ to: publicKey, amount }),
  'replace-minter': z.strictObject({ to: publicKey }),
} as const

/** Fails with `BAD_REQUEST` and the first reason; never throws. */
export function parseAction(line: string): Result<Action> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return failure('BAD_REQUEST', 'not JSON')
  }
  return readAction(value)
}

/** `parseAction` on a value that is parsed already. */
export function readAction(value: unknown): Result<Action> {
  const [entry, ...rest] = Object.entries(typeof value === 'object' && value !== null ? value : {})
  if (entry === undefined || rest.length > 0 || !Object.hasOwn(ACTIONS, entry[0])) {
    return failure('BAD_REQUEST', `not an object with one of ${Object.keys(ACTIONS).join(', ')}`)
  }
  const kind = entry[0] as keyof typeof ACTIONS
  const parsed = ACTIONS[kind].safeParse(entry[1])
  if (parsed.success) return success({ kind, ...withoutUndefined(parsed.data) } as Action)
  const issue = parsed.error.issues[0]!
  return failure('BAD_REQUEST', `${[kind, ...issue.path].join('.')}: ${issue.message}`)
}

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
