/** What is wrong with a configuration, and turning what zod says into sentences that help. */
import type { z } from 'zod'
import type { KeyPath } from './lines.ts'
import { nearest } from './nearest.ts'
import { KNOWN_KEYS } from './schema.ts'

export interface Problem {
  readonly path: KeyPath
  readonly message: string
}

/** A problem with its place in the file. */
export interface LocatedProblem {
  readonly line: number | null
  /** `timing.heartbeatMs`, `peers[2].address`; empty for the whole file. */
  readonly key: string
  readonly message: string
}

type Issue = z.core.$ZodIssue

/** One problem per unknown key, one per other issue. */
export function problemsOf(issues: readonly Issue[], input: unknown): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path as (string | number)[]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key) }))
    }
    const value = valueAt(input, path)
    if (value === undefined) return [{ path, message: `${formatPath(path)} is missing: ${wanted(issue)}` }]
    const message = issue.message.startsWith('must') ? issue.message : wanted(issue)
    return [{ path, message: `${formatPath(path)} = ${formatValue(value)} ${message}` }]
  })
}

export function formatPath(path: KeyPath): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}

export function valueAt(input: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined)?.[part], input)
}

function formatValue(value: unknown): string {
  if (value !== null && typeof value === 'object') return Array.isArray(value) ? '[…]' : '{…}'
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}

function wanted(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.expected === 'object') return 'must be a table'
  return issue.message.startsWith('must') ? `it ${issue.message}` : issue.message
}

function unknownKey(path: KeyPath, key: string): string {
  const table = path.filter((part) => typeof part === 'string').join('.')
  const full = formatPath([...path, key])
  const sibling = nearest(key, KNOWN_KEYS[table] ?? [])
  if (sibling !== undefined) return `unknown key ${full}: did you mean ${formatPath([...path, sibling])}?`
  const elsewhere = Object.entries(KNOWN_KEYS).find(([, keys]) => keys.includes(key))
  if (elsewhere !== undefined) {
    return `unknown key ${full}: ${key} belongs ${elsewhere[0] === '' ? 'at the top of the file' : `under [${elsewhere[0]}]`}`
  }
  return `unknown key ${full}: known here are ${(KNOWN_KEYS[table] ?? []).join(', ')}`
}
