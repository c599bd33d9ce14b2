/** What a network's genesis says about errors of masters: all of it may be left out (DESIGN section 9, NW5). */
import { z } from 'zod'
import { AUDIT_DEFAULTS, type AuditPolicy } from './core/audit/policy.ts'
import type { Genesis } from './genesis.ts'
import { LIMITS } from './limits.ts'

const weight = z.int().nonnegative().max(1_000)

export const genesisAuditSchema = z.strictObject({
  windowMs: z.int().positive().max(86_400_000).optional(),
  threshold: z.int().positive().max(1_000_000).optional(),
  weights: z
    .strictObject({
      'result-mismatch': weight.optional(),
      equivocation: weight.optional(),
      'invalid-proposal': weight.optional(),
      'missed-votes': weight.optional(),
    })
    .optional(),
  missedInARow: z.int().positive().max(LIMITS.auditHeights).optional(),
})

/** The policy of the network: what its genesis says, and the defaults for the rest. */
export function auditPolicyOf({ audit = {}, clusters }: Pick<Genesis, 'audit' | 'clusters'>): AuditPolicy {
  const { windowMs, threshold, weights, missedInARow } = audit
  return {
    windowMs: windowMs ?? AUDIT_DEFAULTS.windowMs,
    threshold: threshold ?? AUDIT_DEFAULTS.threshold,
    weights: {
      'result-mismatch': weights?.['result-mismatch'] ?? AUDIT_DEFAULTS.weights['result-mismatch'],
      equivocation: weights?.equivocation ?? AUDIT_DEFAULTS.weights.equivocation,
      'invalid-proposal': weights?.['invalid-proposal'] ?? AUDIT_DEFAULTS.weights['invalid-proposal'],
      'missed-votes': weights?.['missed-votes'] ?? AUDIT_DEFAULTS.weights['missed-votes'],
    },
    missedInARow: missedInARow ?? AUDIT_DEFAULTS.missedInARow,
    recoverAfterMs: Math.min(...clusters.map(({ policy }) => policy.recoverAfterMs)),
  }
}

/** One line naming the values that do not fit, or null: a threshold that no number of remembered errors reaches orders nothing, ever. */
export function auditProblem(genesis: Pick<Genesis, 'audit' | 'clusters'>): string | null {
  const { threshold, weights } = auditPolicyOf(genesis)
  const heaviest = Math.max(...Object.values(weights))
  if (heaviest * LIMITS.auditErrors >= threshold) return null
  return `audit.threshold (${threshold}) is out of reach: ${LIMITS.auditErrors} errors of the heaviest weight (${heaviest}) do not make it`
}
