import type { Instant } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Log } from '@baton/shared/ports/log'
import { expect, test } from 'vitest'
import { type LoggedRefusal, RefusalLog } from '../../../node-runtime/src/daemon/refusal-log.ts'

const OVERSIZED = { event: 'request-refused', kind: 'oversized', code: 'BODY_TOO_LARGE', why: 'it is large' } as const

function opened() {
  const lines: Record<string, unknown>[] = []
  const clock = { now: 0 }
  const log = { warn: (fields: Record<string, unknown>) => void lines.push(fields) } as unknown as Log
  const refusals = new RefusalLog({ log, now: () => clock.now as Instant })
  const from = (source: string, change: Partial<LoggedRefusal> = {}) =>
    refusals.refused({ ...OVERSIZED, ...change, source })
  return { lines, clock, refusals, from }
}

test('[RG11] one event of each kind and source in a window; the rest is counted, and told when the window is over', () => {
  const { lines, clock, refusals, from } = opened()
  for (let time = 0; time < 1_000; time += 1) from('192.0.2.1')
  from('192.0.2.1', { kind: 'slow' })
  from('192.0.2.2')
  expect(lines).toEqual([
    { ...OVERSIZED, source: '192.0.2.1' },
    { ...OVERSIZED, kind: 'slow', source: '192.0.2.1' },
    { ...OVERSIZED, source: '192.0.2.2' },
  ])
  clock.now = LIMITS.attemptWindowMs - 1
  refusals.settle()
  expect(lines).toHaveLength(3)
  clock.now += 1
  from('192.0.2.1')
  expect(lines.slice(3)).toEqual([
    { event: 'refusals-left-out', of: 'request-refused (oversized) of 192.0.2.1', events: 999 },
    { ...OVERSIZED, source: '192.0.2.1' },
  ])
})

test('[RG11] nor do many sources fill the log, or the memory: those above the bound are counted together', () => {
  const { lines, clock, refusals, from } = opened()
  for (let source = 0; source < 50_000; source += 1) from(`2001:db8::${source}`)
  expect(lines).toHaveLength(LIMITS.attemptsRecorded)
  clock.now = LIMITS.attemptWindowMs
  refusals.settle()
  const leftOut = 50_000 - LIMITS.attemptsRecorded
  expect(lines.slice(LIMITS.attemptsRecorded)).toEqual([{ event: 'refusals-left-out', of: 'others', events: leftOut }])
})
