/** How long healed networks took to go on, by what was broken (TESTING: bounds per scenario). */
import { DAMAGES, type Damage } from '../run/damage.ts'
import type { Timing } from '../run/liveness.ts'

export interface Quantiles {
  readonly runs: number
  /** In virtual ms. */
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export type Timings = Readonly<
  Partial<Record<Damage, { readonly goesOn: Quantiles; readonly whole: Quantiles | null }>>
>

export function timingsOf(timings: readonly Timing[]): Timings {
  const found: Partial<Record<Damage, Timings[Damage]>> = {}
  for (const damage of DAMAGES) {
    const of = timings.filter((each) => each.damage === damage)
    const goesOn = quantiles(of.flatMap(({ goesOnMs }) => goesOnMs ?? []))
    if (goesOn !== null) found[damage] = { goesOn, whole: quantiles(of.flatMap(({ wholeMs }) => wholeMs ?? [])) }
  }
  return found as Timings
}

function quantiles(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1]!)
  return { runs: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
}

/** `failover 23: 400/600/2100/2100`. */
export function describeTimings(timings: Timings): string {
  const parts = Object.entries(timings).map(([damage, { goesOn }]) => {
    const { runs, p50, p90, p99, max } = goesOn
    return `${damage} ${runs}: ${p50}/${p90}/${p99}/${max}`
  })
  return parts.join(', ') || 'not measured'
}
