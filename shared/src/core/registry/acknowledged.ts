/** EL6: how long a node's log has been seen to be, whatever it says after it came back. */
import { compareTokens, type LogIndex, type Token } from '../../ids.ts'
import type { Acknowledged, HeardReport } from './types.ts'

/**
 * What a claim of this node is measured by after a report. Under one token a log only grows, except that a follower
 * truncates to its new master's log (GU3). A process that has shown the whole log in its session is believed when it
 * then truncates; one that comes back (a new session) with a shorter log has lost something until it has caught up.
 * A report under a lower token, as of a node with an empty disk, takes nothing back.
 */
export function acknowledge(
  written: Acknowledged | undefined,
  before: Pick<HeardReport, 'session' | 'acknowledged' | 'complete'> | undefined,
  session: string,
  report: { readonly token: Token; readonly durableIndex: LogIndex },
): { readonly acknowledged: Acknowledged; readonly complete: boolean } {
  const { token, durableIndex } = report
  const known = before?.acknowledged ?? written
  const order = known === undefined ? 1 : compareTokens(token, known.token)
  if (known === undefined || order > 0) return { acknowledged: { token, durableIndex }, complete: true }
  if (order < 0) return { acknowledged: known, complete: false }
  const shown = before !== undefined && before.session === session && before.complete
  if (shown || durableIndex >= known.durableIndex) return { acknowledged: { token, durableIndex }, complete: true }
  return { acknowledged: known, complete: false }
}
