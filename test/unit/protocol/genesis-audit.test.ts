import { AUDIT_DEFAULTS } from '@baton/shared/core/audit/policy'
import { auditPolicyOf } from '@baton/shared/genesis-audit'
import { parseGenesis } from '@baton/shared/genesis-schema'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { GENESIS } from '../../support/fixed-network.ts'

const withAudit = (audit: unknown) => parseGenesis(JSON.stringify({ ...GENESIS, audit }))

test('[NW5] what genesis does not say of errors is the default: ten minutes, three, every weight one, twenty in a row', () => {
  expect(auditPolicyOf(GENESIS)).toEqual(AUDIT_DEFAULTS)
  expect(AUDIT_DEFAULTS).toMatchObject({ windowMs: 600_000, threshold: 3, missedInARow: 20 })
  expect(Object.values(AUDIT_DEFAULTS.weights)).toEqual([1, 1, 1, 1])
})

test('[NW5] window, threshold, single weights and the row of missed votes are the network’s', () => {
  const audit = { windowMs: 60_000, threshold: 5, weights: { equivocation: 5, 'missed-votes': 0 }, missedInARow: 50 }
  const parsed = withAudit(audit)
  if (!parsed.ok) throw new Error(parsed.why)
  const weights = { 'result-mismatch': 1, equivocation: 5, 'invalid-proposal': 1, 'missed-votes': 0 }
  expect(auditPolicyOf(parsed.value)).toEqual({ ...audit, weights, recoverAfterMs: 30_000 })
})

test.each<[unknown, string]>([
  [{ windowMs: 0 }, 'audit.windowMs'],
  [{ windowMs: 90_000_000 }, 'audit.windowMs'],
  [{ threshold: 0 }, 'audit.threshold'],
  [{ threshold: 1.5 }, 'audit.threshold'],
  [{ weights: { equivocation: -1 } }, 'audit.weights.equivocation'],
  [{ weights: { 'bad-weather': 1 } }, 'bad-weather'],
  [{ missedInARow: LIMITS.auditHeights + 1 }, 'audit.missedInARow'],
  [{ later: 1 }, 'later'],
  [{ threshold: LIMITS.auditErrors + 1 }, `audit.threshold (${LIMITS.auditErrors + 1}) is out of reach`],
  [
    { weights: { equivocation: 0, 'result-mismatch': 0, 'invalid-proposal': 0, 'missed-votes': 0 } },
    'audit.threshold (3) is out of reach: 256 errors of the heaviest weight (0)',
  ],
])('[NW5] a policy %j is refused, and the answer names the value', (audit, why) => {
  expect(withAudit(audit)).toMatchObject({ ok: false, code: 'GENESIS_INVALID', why: expect.stringContaining(why) })
})
