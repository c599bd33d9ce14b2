/** Defects of the audit (NW4, NW5). */
import { type Mutant, mutant } from './mutant.ts'

export const AUDIT_MUTANTS: readonly Mutant[] = [
  mutant(
    'one-accuser-is-enough',
    'an accusation counts on the word of a single cluster',
    'audit/evidence.ts',
    'if (accusers.length <= faultsTolerated(state.clusters.length)) return unchanged(withCounter(state, next))',
    'if (accusers.length < 1) return unchanged(withCounter(state, next))',
  ),
  mutant(
    'one-witness-is-enough',
    'a cluster has missed a height when a single other one says so',
    'audit/missed-votes.ts',
    'const needed = faultsTolerated(state.clusters.length) + 1',
    'const needed = 1',
  ),
  mutant(
    'missed-by-the-predecessor',
    'heights that a master missed count against its successor when they are reported late',
    'audit/missed-votes.ts',
    'run.cluster === master.cluster && sameToken(run, master))',
    'run.cluster === master.cluster)',
  ),
  mutant(
    'threshold-one-early',
    'a switch is ordered one error before the threshold',
    'audit/counters.ts',
    'const passed = scoreOf(state, errors) >= state.policy.threshold\n  const next = withCounter(state, { ...counter, errors, passed })',
    'const passed = scoreOf(state, errors) >= state.policy.threshold - 1\n  const next = withCounter(state, { ...counter, errors, passed })',
  ),
  mutant(
    'threshold-one-late',
    'a switch is ordered by the error after the one that reaches the threshold',
    'audit/counters.ts',
    'const passed = scoreOf(state, errors) >= state.policy.threshold\n  const next = withCounter(state, { ...counter, errors, passed })',
    'const passed = scoreOf(state, errors) > state.policy.threshold\n  const next = withCounter(state, { ...counter, errors, passed })',
  ),
  mutant(
    'counters-survive-a-grant',
    'the errors of a master count against its successor',
    'audit/counters.ts',
    'recovering,\n    errors: [],',
    'recovering,\n    errors: known?.errors ?? [],',
  ),
  mutant(
    'agreement-of-one',
    'the result of a single cluster is the one that others are compared with',
    'audit/results.ts',
    'const agreed = agreement(all, quorum(clusters.length))',
    'const agreed = agreement(all, 1)',
  ),
  mutant(
    'order-outlives-the-switch',
    'an automatic order stands on when its cluster has switched, and keeps every other one back',
    'audit/counters.ts',
    'const ended = state.standing !== null && isAfter(by, state.standing.by)',
    'const ended = false',
  ),
  mutant(
    'missed-votes-bar',
    'a master that only missed votes is barred',
    'audit/orders.ts',
    "errors.filter(({ kind }) => kind !== 'missed-votes'),",
    'errors,',
  ),
]
