/** NW4: the signed reports behind a finding, and what there is no room for. */
import { step } from '@baton/shared/core/audit/machine'
import type { AuditEvent, AuditInput } from '@baton/shared/core/audit/types'
import type { Instant, Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { SaidResults } from '../../worker/src/objects/directory/said-results.ts'
import { AuditUnderTest, by, entry, SEVEN } from '../unit/audit/fixture.ts'

/** Each of them reports height 5; the one that is wrong comes first. */
function reported(length: number) {
  const audit = new AuditUnderTest(SEVEN)
  const said = new SaidResults()
  const statements = new Map<string, Jws>()
  for (const cluster of SEVEN) {
    const results = [entry(5, cluster === 'c1' ? 'bad' : 'good')]
    const input = { i: 'report', by: by(cluster), results, missed: [], heard: [] } as const satisfies AuditInput
    const statement = cluster.repeat(length / cluster.length) as Jws
    statements.set(cluster, statement)
    audit.send(input)
    said.keep(audit.state, input, statement)
    // Sent again, as after a lost answer: the first one stays.
    expect(step(audit.state, input, { now: audit.now as Instant }).events).toEqual([])
    said.keep(audit.state, input, 'another.one.later' as Jws)
  }
  const [event] = audit.events as [Extract<AuditEvent, { event: 'result-mismatch' }>]
  return { evidence: said.behind(audit.state, event), event, statements }
}

test('[NW4] the accused one’s report comes first, then those of the clusters that agree, as each was said first', () => {
  const { evidence, event, statements } = reported(100)
  expect(event).toMatchObject({ event: 'result-mismatch', by: { cluster: 'c1' } })
  expect(evidence).toEqual({ reports: ['c1', ...event.agreeing].map((cluster) => statements.get(cluster)) })
})

test('[NW4] what would make an event too large is left out and counted, the accused one’s never', () => {
  const { evidence, event, statements } = reported(LIMITS.evidenceCharacters / 2)
  expect(evidence.reports).toEqual([statements.get('c1'), statements.get(event.agreeing[0]!)])
  expect(evidence.leftOut).toBe(event.agreeing.length - 1)
})
