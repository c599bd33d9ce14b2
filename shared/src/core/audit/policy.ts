/** What counts how much (DESIGN section 9). */
import type { ErrorKind } from './types.ts'

export interface AuditPolicy {
  /** How long an error counts. */
  readonly windowMs: number
  /** A switch is ordered at this sum of weights. */
  readonly threshold: number
  readonly weights: { readonly [Kind in ErrorKind]: number }
  /** So many heights in a row decided without a cluster are one `missed-votes`. */
  readonly missedInARow: number
  /** RG6: the least time of silence that an authority is told of. */
  readonly recoverAfterMs: number
}

export const AUDIT_DEFAULTS: AuditPolicy = {
  windowMs: 600_000,
  threshold: 3,
  weights: { 'result-mismatch': 1, equivocation: 1, 'invalid-proposal': 1, 'missed-votes': 1 },
  missedInARow: 20,
  recoverAfterMs: 30_000,
}
