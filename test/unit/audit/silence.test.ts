import { foreignSilence } from '@baton/shared/core/audit/silence'
import type { ClusterId, Instant } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { AuditUnderTest, by, heard } from './fixture.ts'

const AFTER = 30_000

function silenceOf(audit: AuditUnderTest, cluster: string) {
  return foreignSilence(audit.state, cluster as ClusterId, audit.now as Instant)
}

function told(audit: AuditUnderTest) {
  return audit.sends.flatMap((each) => (each.s === 'foreignSilence' ? [each] : []))
}

test('[RG6] the silence of a cluster is the least that any other master says', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c2'), [], [heard('c1', 40_000), heard('c3', 5)])
  audit.report(by('c3'), [], [heard('c1', 31_000)])
  expect(silenceOf(audit, 'c1')).toEqual({ reporters: 2, clusters: 4, silentForMs: 31_000 })
  audit.report(by('c4'), [], [heard('c1', 200)])
  expect(silenceOf(audit, 'c1')).toEqual({ reporters: 3, clusters: 4, silentForMs: 200 })
})

test('[RG6] a master says nothing about its own cluster, and strangers are not heard of', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c1'), [], [heard('c1', 99_000), heard('c9', 99_000)])
  expect(silenceOf(audit, 'c1')).toEqual({ reporters: 0, clusters: 4, silentForMs: 0 })
  expect(silenceOf(audit, 'c9').reporters).toBe(0)
})

test('[RG6] “never heard” is a silence since it was first said: when the process started, nobody knows', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c2'), [], [heard('c1', null)])
  expect(silenceOf(audit, 'c1').silentForMs).toBe(0)
  audit.now += 7_000
  audit.report(by('c2'), [], [heard('c1', null)])
  expect(silenceOf(audit, 'c1').silentForMs).toBe(7_000)
  audit.report(by('c2', 2), [], [heard('c1', null)])
  expect(silenceOf(audit, 'c1').silentForMs).toBe(0)
})

test('[RG6] a process that starts anew under its token has missed what it missed', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c2'), [], [heard('c1', 20_000)])
  audit.now += 1_000
  audit.report(by('c2'), [], [heard('c1', null)])
  expect(silenceOf(audit, 'c1').silentForMs).toBe(0)
})

test('[RG6] a word counts while it is fresh, and the silence it is about ends with it', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c2'), [], [heard('c1', 40_000)])
  audit.now += audit.state.policy.recoverAfterMs / 3
  expect(silenceOf(audit, 'c1')).toMatchObject({ reporters: 1, silentForMs: 40_000 })
  audit.now += 1
  expect(silenceOf(audit, 'c1').reporters).toBe(0)
})

test('[RG6] the word of a master before the present one changes nothing', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c2', 2), [], [heard('c1', 10)])
  audit.report(by('c2', 1), [], [heard('c1', 99_000)])
  expect(silenceOf(audit, 'c1').silentForMs).toBe(10)
})

test('[RG6] an authority is told of a long silence that more than f masters report, again and again, and of its end at once', () => {
  const audit = new AuditUnderTest()
  audit.report(by('c2'), [], [heard('c1', AFTER)])
  expect(told(audit)).toEqual([])
  audit.report(by('c3'), [], [heard('c1', AFTER)])
  const silent = { s: 'foreignSilence', cluster: 'c1', reporters: 2, clusters: 4, silentForMs: AFTER }
  expect(told(audit)).toEqual([silent])
  audit.now += AFTER / 6 - 1
  audit.report(by('c2'), [], [heard('c1', AFTER + 5_000)])
  expect(told(audit)).toHaveLength(1)
  audit.now += 1
  audit.send({ i: 'tick' })
  expect(told(audit)).toHaveLength(2)
  audit.report(by('c4'), [], [heard('c1', 3)])
  expect(told(audit).at(-1)).toMatchObject({ reporters: 3, silentForMs: 3 })
  audit.report(by('c4'), [], [heard('c1', 5)])
  expect(told(audit)).toHaveLength(3)
})
