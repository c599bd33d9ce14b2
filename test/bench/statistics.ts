/** What a list of measurements says. */
export interface Summary {
  readonly runs: number
  readonly median: number
  readonly p99: number
  readonly max: number
}

/** Nearest-rank quantile. Empty lists have none: NaN. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
}

export function summarize(values: readonly number[]): Summary {
  return {
    runs: values.length,
    median: round(quantile(values, 0.5)),
    p99: round(quantile(values, 0.99)),
    max: round(quantile(values, 1)),
  }
}

export function round(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
