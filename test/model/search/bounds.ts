/** How far the search goes. Every count is of one history, from its start on. */
export interface Bounds {
  /** Where histories begin (`SEARCH_STARTS`). */
  readonly starts: readonly string[]
  /** Steps in a history. */
  readonly depth: number
  readonly epochs: number
  /** Crashes, broken links, and standbys that a master takes for dead, together. */
  readonly faults: number
  readonly records: number
  /** Claims made, granted or not. */
  readonly claims: number
}

export const DEFAULT_BOUNDS: Bounds = {
  starts: ['founded', 'withStandby', 'additionAsked', 'predecessorUnseen'],
  depth: 8,
  epochs: 3,
  faults: 2,
  records: 1,
  claims: 2,
}

/** What of the bounds a history has used up. */
export type Spent = Readonly<Record<'faults' | 'records' | 'claims', number>>

export const NOTHING_SPENT: Spent = { faults: 0, records: 0, claims: 0 }
