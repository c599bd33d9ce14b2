import type { MissedRun, ResultEntry } from '@baton/shared/core/audit/types'
import { dueReport, type Gathered, gather, gatherForMs, reportEveryMs } from '@baton/shared/core/node/reporting'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import type { ClusterId, Epoch, Generation, Hash, Height, Instant } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { settledWorld } from '../../support/world/settled.ts'

const HASH = 'a'.repeat(64) as Hash
const entry = (height: number, change: Partial<ResultEntry> = {}): ResultEntry => {
  return { height: height as Height, block: HASH, result: HASH, ...change }
}

/** The master of c1 in a settled network, and its next report. */
function master() {
  const world = settledWorld()
  const { state } = world.host(world.masterOf('c1')!.node)
  const { recoverAfterMs } = state.config.election
  const empty: Gathered = { results: [], missed: [], reportedAt: 0 as Instant }
  const after = (ms: number, gathered: Gathered, connected = true) =>
    dueReport(state, gathered, ms as Instant, connected)
  return { empty, after, gatherMs: gatherForMs(recoverAfterMs) }
}

test('[NW4, RG6] a report without news waits: what all clusters had a part in, and what was heard', () => {
  const { empty, after, gatherMs } = master()
  const usual = gather(gather(empty, entry(7), []), entry(8), [])
  expect(after(gatherMs - 1, usual)).toEqual({ gathered: usual, report: null })
  const told = after(gatherMs, usual)
  expect(told.report).toMatchObject({ results: usual.results })
  expect(told.report?.heard.length).toBeGreaterThan(0)
  expect(told.gathered).toEqual({ results: [], missed: [], reportedAt: gatherMs })
  expect(after(2 * gatherMs, told.gathered).report).toMatchObject({ results: [] })
  expect(after(gatherMs, usual, false)).toEqual({ gathered: usual, report: null })
})

test('[NW4, NW5] a height that this node cannot have, or that somebody missed, is told at once, with all that was gathered', () => {
  const { empty, after } = master()
  const one = gather(empty, entry(7), [])
  const differs = gather(one, entry(8, { block: null, result: null }), [])
  expect(after(1, differs).report).toMatchObject({ results: differs.results })
  const from = 8 as Height
  const token = { generation: 0 as Generation, epoch: 1 as Epoch }
  const run: MissedRun = { cluster: 'c2' as ClusterId, ...token, from, to: from }
  const missed = gather(one, entry(8), [run])
  expect(after(1, missed).report).toMatchObject({ results: missed.results, missed: [run] })
})

test('[NW4] on a fast chain a report leaves before there is more than it holds', () => {
  const { empty, after } = master()
  let gathered = empty
  let height = 1
  for (; after(1, gathered).report === null; height += 1) gathered = gather(gathered, entry(height), [])
  expect(height - 1).toBe(LIMITS.resultsPerReport / 2)
  expect(after(1, gathered).report?.results).toHaveLength(LIMITS.resultsPerReport / 2)
})

test('[RG6] what was heard is told again well before it is stale', () => {
  for (const recoverAfterMs of [POLICY_DEFAULTS.recoverAfterMs, 900, 300_000]) {
    expect(gatherForMs(recoverAfterMs) + reportEveryMs(recoverAfterMs)).toBeLessThan(recoverAfterMs / 2)
    // One that came as late as a look is late is still fresh.
    expect(
      Math.ceil(gatherForMs(recoverAfterMs) / reportEveryMs(recoverAfterMs)) * reportEveryMs(recoverAfterMs),
    ).toBeLessThan(recoverAfterMs / 3 + 1)
  }
  expect(gatherForMs(POLICY_DEFAULTS.recoverAfterMs)).toBe(LIMITS.resultGatherMs)
})
