/** JSON from outside, checked by its schema before anything reads it. */
import type { z } from 'zod'
import { explainIssues } from './crypto/statement-schemas.ts'
import type { ErrorCode } from './errors.ts'
import { failure, type Result, success } from './result.ts'

/** `code`, with `what` it is not, for a text that is no JSON or not of this form. Never throws. The caller bounds its length. */
export function parseJson<T>(schema: z.ZodType<T>, text: string, code: ErrorCode, what: string): Result<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return failure(code, `${what} is not JSON`)
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? success(parsed.data) : failure(code, explainIssues(parsed.error))
}

/** Whether something lies more than `levels` deep in it: `JSON.parse` reads any depth, and `JSON.stringify` throws at some thousands. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
