/** What has become of the lines so far. */
export interface Tally {
  /** Lines in the file; null when nobody knows before the end. */
  readonly total: number | null
  /** Known from an earlier run. */
  skipped: number
  executed: number
  /** In a block, but the application said no. */
  refused: number
  /** Never in a block: the line, or the transaction, is wrong. */
  failed: number
}

export function finished({ skipped, executed, refused, failed }: Tally): number {
  return skipped + executed + refused + failed
}

/** `5,000 lines: 4,998 executed, 2 refused in 3.2 s (1,562/s)` */
export function summarize(tally: Tally, elapsedMs: number): string {
  const done = tally.executed + tally.refused
  const parts = [
    `${format(tally.executed)} executed`,
    ...(tally.refused > 0 ? [`${format(tally.refused)} refused`] : []),
    ...(tally.failed > 0 ? [`${format(tally.failed)} failed`] : []),
    ...(tally.skipped > 0 ? [`${format(tally.skipped)} done before`] : []),
  ]
  const rate = elapsedMs > 0 ? Math.round((done / elapsedMs) * 1_000) : 0
  return `${format(finished(tally))} lines: ${parts.join(', ')} in ${(elapsedMs / 1_000).toFixed(1)} s (${format(rate)}/s)`
}

export function format(count: number): string {
  return count.toLocaleString('en-US')
}
