import { AUDIT_DEFAULTS } from '@baton/shared/core/audit/policy'
import { peekStatement } from '@baton/shared/crypto/statements'
import type { Epoch, Generation, Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { allMasters, authority, bring, eventsOf, F, RIGHT, reportOf } from './audited.ts'
import { eventually } from './eventually.ts'

/** Heights that are decided without the cluster before a switch is ordered. */
const NEEDED = AUDIT_DEFAULTS.missedInARow * AUDIT_DEFAULTS.threshold

test('[NW5] votes missed at sixty heights in a row order a switch, not one earlier, and bar nobody', async () => {
  const [silent, ...others] = await allMasters()
  const { cluster, node } = silent!
  const report = async (from: number, to: number) => {
    const results = Array.from({ length: to - from + 1 }, (_, index) => {
      return { height: from + index, block: RIGHT, result: RIGHT }
    })
    const missed = [{ cluster, generation: 0 as Generation, epoch: 1 as Epoch, from, to }]
    for (const master of others) {
      expect(await bring('results', await reportOf(master, [], { results, missed }), master)).toEqual({
        ok: true,
        value: null,
      })
    }
  }
  const view = async () => {
    const status = await authority(cluster).status(cluster)
    return status.ok ? status.value.state : null
  }
  expect(NEEDED).toBeLessThan(LIMITS.resultsPerReport)
  await report(1, NEEDED - 1)
  expect(await eventsOf('missed-votes')).toHaveLength(AUDIT_DEFAULTS.threshold - 1)
  expect(await eventsOf('order-given')).toEqual([])
  await report(NEEDED, NEEDED)
  expect(await eventsOf('order-given')).toMatchObject([{ order: { node, why: '3 × missed-votes' }, bars: false }])
  await eventually(async () => expect((await view())?.orders).toMatchObject([{ node }]))
  expect((await view())?.bars).toEqual([])
  // What the others have signed of the last row, each report once.
  const last = (await eventsOf('missed-votes')).at(-1) as unknown as { evidence: { reports: readonly Jws[] } }
  const said = last.evidence.reports.map((statement) => peekStatement('resultReport', statement))
  expect(new Set(said.map((read) => read.ok && read.payload.cluster)).size).toBeGreaterThan(F)
  for (const read of said) expect(read).toMatchObject({ ok: true, payload: { missed: [{ cluster }] } })
})
