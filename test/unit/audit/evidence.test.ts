import type { Hash, Height, Round } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { AuditUnderTest, by, SEVEN } from './fixture.ts'

const act = { height: 5 as Height, round: 0 as Round, type: 'prevote' } as const

test('[NW4] two different messages for one act prove themselves: one report of them is enough', () => {
  const audit = new AuditUnderTest()
  audit.equivocates('c2', 5)
  expect(audit.events).toEqual([{ event: 'equivocation', by: by('c2'), ...act }])
})

test('[NW4, NW5] one act counts once, whoever brings the messages and however often', () => {
  const audit = new AuditUnderTest()
  for (let i = 0; i < 5; i++) audit.equivocates('c2', 5)
  expect(audit.events).toHaveLength(1)
  audit.equivocates('c2', 6)
  expect(audit.events).toHaveLength(2)
})

test('[NW3, NW4] the same vote under two tokens is one vote; two different ones are counted against the later master', () => {
  const audit = new AuditUnderTest()
  audit.master('c2', 2)
  const first = { by: by('c2', 1), value: 'x' as Hash }
  const same = audit.send({ i: 'evidence', act, first, second: { by: by('c2', 2), value: 'x' as Hash } })
  expect(same.rejected?.code).toBe('BAD_REQUEST')
  audit.send({ i: 'evidence', act, first: { by: by('c2', 2), value: null }, second: first })
  expect(audit.events).toMatchObject([{ event: 'equivocation', by: { node: 'c2-2' } }])
})

test('[NW4] messages of two clusters, or of a stranger, prove nothing', () => {
  const audit = new AuditUnderTest()
  const first = { by: by('c2'), value: 'x' as Hash }
  const other = audit.send({ i: 'evidence', act, first, second: { by: by('c3'), value: null } })
  expect(other.rejected?.code).toBe('BAD_REQUEST')
  expect(audit.equivocates('c9', 5).rejected?.code).toBe('UNKNOWN_CLUSTER')
  expect(audit.events).toEqual([])
})

test('[NW4] an accusation needs masters of more than f other clusters that say the same', () => {
  const audit = new AuditUnderTest(SEVEN)
  audit.accuses('c1', 'c4', 9)
  audit.accuses('c2', 'c4', 9)
  audit.accuses('c2', 'c4', 9)
  audit.accuses('c3', 'c4', 10)
  expect(audit.events).toEqual([])
  audit.accuses('c3', 'c4', 9)
  const accusers = ['c1', 'c2', 'c3']
  expect(audit.events).toEqual([{ event: 'invalid-proposal', by: by('c4'), height: 9, round: 0, accusers }])
  audit.accuses('c5', 'c4', 9)
  expect(audit.events).toHaveLength(1)
})

test('[NW4] nobody accuses itself, a stranger, or the master before the one in office', () => {
  const audit = new AuditUnderTest()
  expect(audit.accuses('c1', 'c1', 9).rejected?.code).toBe('BAD_REQUEST')
  expect(audit.accuses('c1', 'c9', 9).rejected?.code).toBe('UNKNOWN_CLUSTER')
  expect(audit.accuses('c9', 'c1', 9).rejected?.code).toBe('UNKNOWN_CLUSTER')
  audit.master('c4', 2)
  for (const accuser of ['c1', 'c2', 'c3']) audit.accuses(accuser, 'c4', 9, 1)
  expect(audit.events).toEqual([])
})

test('[NW4] an accuser of everything pushes out only its own accusations', () => {
  const audit = new AuditUnderTest()
  audit.accuses('c1', 'c4', 9)
  for (let height = 1; height <= LIMITS.auditAccusations + 9; height++) audit.accuses('c2', 'c4', 100 + height)
  audit.accuses('c3', 'c4', 9)
  expect(audit.events).toMatchObject([{ event: 'invalid-proposal', height: 9, accusers: ['c1', 'c3'] }])
})
