/** Spans as people write them: 90s, 15m, 2h, 30d. */
import { BatonError } from '@baton/shared/errors'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** In milliseconds. @throws BatonError BAD_REQUEST */
export function parseDuration(option: string, text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text)
  if (match === null) throw new BatonError('BAD_REQUEST', `${option} "${text}" is no span: 90s, 15m, 2h or 30d`)
  return Number(match[1]) * UNIT_MS[match[2]!]!
}

/** A span from now, or a time in ISO 8601; Unix time in ms. @throws BatonError BAD_REQUEST */
export function parseTime(option: string, text: string, now: number): number {
  if (/^\d+[smhd]$/.test(text)) return now + parseDuration(option, text)
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) {
    throw new BatonError(
      'BAD_REQUEST',
      `${option} "${text}" is no time: 2026-11-30T02:00:00Z, or a span from now such as 2h`,
    )
  }
  return at
}
