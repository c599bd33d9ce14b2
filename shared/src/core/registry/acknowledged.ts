/** EL6: how long a node's log has been seen to be, whatever it says after it came back. */
import { compareTokens } from '../../ids.ts'
import type { Report } from './messages.ts'
import type { Acknowledged, HeardReport } from './types.ts'

/**
 * What a claim of this node is measured by after a report. Under one token a log only grows, except that a follower
 * truncates to its master's log (GU3), new or come back. A process that has shown the whole log, in its session or by saying how
 * long it has had it, is believed when it then truncates; one that comes back with a shorter log has lost something until it has caught up.
 * A report under a lower token, as of a node with an empty disk, takes nothing back.
 */
export function acknowledge(
  written: Acknowledged | undefined,
  before: Pick<HeardReport, 'session' | 'acknowledged' | 'complete'> | undefined,
  session: string,
  report: Pick<Report, 'token' | 'durableIndex' | 'longest'>,
): { readonly acknowledged: Acknowledged; readonly complete: boolean } {
  const { token, durableIndex, longest = durableIndex } = report
  const known = before?.acknowledged ?? written
  const order = known === undefined ? 1 : compareTokens(token, known.token)
  if (known === undefined || order > 0) return { acknowledged: { token, durableIndex }, complete: true }
  if (order < 0) return { acknowledged: known, complete: false }
  const shown = before !== undefined && before.session === session && before.complete
  if (shown || longest >= known.durableIndex) return { acknowledged: { token, durableIndex }, complete: true }
  return { acknowledged: known, complete: false }
}
