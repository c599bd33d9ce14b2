/** Spans as people write them: 90s, 15m, 2h, 30d, 5y. */
import { BatonError } from '@baton/shared/errors'

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 365 * 86_400_000,
}

/** In milliseconds; null: it is no span. */
export function readDuration(text: string): number | null {
  const match = /^([1-9]\d{0,5})([smhdy])$/.exec(text)
  return match === null ? null : Number(match[1]) * UNIT_MS[match[2]!]!
}

/** In milliseconds. @throws BatonError BAD_REQUEST */
export function parseDuration(option: string, text: string): number {
  const ms = readDuration(text)
  if (ms === null) throw new BatonError('BAD_REQUEST', `${option} "${text}" is no span: 90s, 15m, 2h, 30d or 5y`)
  return ms
}

/** A span from now, or a time in ISO 8601; Unix time in ms. @throws BatonError BAD_REQUEST */
export function parseTime(option: string, text: string, now: number): number {
  if (/^\d+[a-z]$/.test(text)) return now + parseDuration(option, text)
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) {
    throw new BatonError(
      'BAD_REQUEST',
      `${option} "${text}" is no time: 2026-11-30T02:00:00Z, or a span from now such as 2h`,
    )
  }
  return at
}
