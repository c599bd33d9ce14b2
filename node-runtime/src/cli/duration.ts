import { InvalidArgumentError } from 'commander'

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 } as const

/** `90s`, `30m`, `1h`, `2d`, `5y` → milliseconds. */
export function duration(text: string): number {
  const match = /^([1-9]\d{0,5})([smhdy])$/.exec(text)
  if (match === null) throw new InvalidArgumentError('It must be a number and a unit, such as 30m, 1h, 2d or 5y.')
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}
