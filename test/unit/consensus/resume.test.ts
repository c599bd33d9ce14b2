import { resumeFrom } from '@baton/shared/core/consensus/resume'
import { expect, test } from 'vitest'
import { A, B, Bench, C1, C2, C3, C4, CLUSTERS, HEIGHT, ownProposal, ownVote, polka } from './bench.ts'

test('[GU7] the lock and the valid block are those of the last non-nil precommit', () => {
  const resume = resumeFrom([
    ownVote('prevote', 0, A),
    ownVote('precommit', 0, A),
    ownVote('prevote', 1, B),
    ownVote('precommit', 1, B),
    ownVote('prevote', 2, null),
    ownVote('precommit', 2, null),
    ownVote('prevote', 3, A),
  ])
  expect(resume).toMatchObject({ round: 3, locked: { round: 1, block: B } })
})

test('[GU7] no records: the height starts afresh', () => {
  expect(resumeFrom([])).toBeNull()
})

test('[GU7] an act written under two epochs is one act', () => {
  const records = [ownVote('prevote', 0, A), ownVote('precommit', 0, A), ownVote('prevote', 0, A)]
  expect(resumeFrom(records)?.records).toEqual(records.slice(0, 2))
})

test('[GU7] a log with two different votes for one round and type stops the process', () => {
  expect(() => resumeFrom([ownVote('prevote', 0, A), ownVote('prevote', 0, B)])).toThrow('two own prevotes in round 0')
  expect(() => resumeFrom([ownProposal(0, A), ownProposal(0, B)])).toThrow('two own proposals in round 0')
})

test('[GU7] a new master releases every recorded act again, in order, and makes none anew', () => {
  const records = [ownProposal(0, A), ownVote('prevote', 0, A), ownVote('precommit', 0, A)]
  const bench = new Bench(C1, { records })
  expect(bench.asked()).toEqual(['propose 0 a -1 again', 'prevote 0 a again', 'precommit 0 a again'])
  expect(bench.running).toMatchObject({ round: 0, progress: { step: 'precommit' }, locked: { round: 0, block: A } })
  bench.proposal(0, B)
  bench.votes([C2, C3, C4], 'prevote', 0, B)
  expect(bench.asked()).toEqual([])
  expect(bench.running.locked).toEqual({ round: 0, block: A })
})

test('[GU7] a new master waits in the step prevote after a recorded prevote', () => {
  const bench = new Bench(C4, { records: [ownVote('prevote', 1, null)] })
  expect(bench.asked()).toEqual(['prevote 1 nil again'])
  bench.proposal(1, B)
  expect(bench.asked()).toEqual([])
  bench.votes([C1, C2, C3], 'prevote', 1, B)
  expect(bench.asked()).toEqual(['precommit 1 b'])
})

test('[GU7] a new master of the proposer repeats the recorded proposal and asks for no other block', () => {
  const bench = new Bench(C1, { records: [ownProposal(0, A)] })
  expect(bench.asked()).toEqual(['propose 0 a -1 again'])
  expect(bench.timers.get('propose')).toBe(300)
  bench.value(0, B)
  expect(bench.asked()).toEqual([])
  bench.proposal(0, A)
  expect(bench.asked()).toEqual(['prevote 0 a'])
})

test('[GU7] nothing is voted in a round below the resumed one', () => {
  const bench = new Bench(C4, { records: [ownVote('prevote', 2, null)] })
  bench.asked()
  bench.proposal(0, A)
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.timeout('propose', 0)
  expect(bench.asked()).toEqual([])
  expect(bench.running.round).toBe(2)
})

test('[GU7] a resumed lock refuses another new block in the next round', () => {
  const bench = new Bench(C4, { records: [ownVote('prevote', 0, A), ownVote('precommit', 0, A)] })
  bench.asked()
  bench.votes([C1, C2], 'precommit', 1, null)
  bench.proposal(1, B)
  expect(bench.asked()).toEqual(['prevote 1 nil'])
})

test('[GU7] a resumed proposer that has been sent the polka of its lock proposes the block with the round of the lock', () => {
  const bench = new Bench(C2, { records: [ownVote('prevote', 0, A), ownVote('precommit', 0, A)] })
  bench.asked()
  bench.votes([C1, C2, C3], 'prevote', 0, A)
  bench.votes([C1, C3], 'precommit', 1, null)
  expect(bench.asked()).toEqual(['propose 1 a 0'])
})

test('[GU7] a resumed proposer that finds the polka of its lock in its log proposes the block with the round of the lock', () => {
  const records = [ownVote('prevote', 0, A), polka(0, A, [C1, C2, C3]), ownVote('precommit', 0, A)]
  const bench = new Bench(C2, { records })
  expect(bench.asked()).toEqual(['prevote 0 a again', 'precommit 0 a again'])
  bench.votes([C1, C3], 'precommit', 1, null)
  expect(bench.asked()).toEqual(['propose 1 a 0'])
})

test('[GU7] of several polkas that of the lock counts, and one without its precommit is no lock', () => {
  const records = [
    ownVote('prevote', 0, A),
    polka(0, A, [C1, C2, C3]),
    ownVote('precommit', 0, A),
    ownVote('prevote', 1, B),
    polka(1, B, [C2, C3, C4]),
  ]
  expect(resumeFrom(records)).toMatchObject({ locked: { round: 0, block: A }, polka: { round: 0, block: A } })
  expect(resumeFrom([...records, ownVote('precommit', 1, B)])).toMatchObject({
    locked: { round: 1, block: B },
    polka: { round: 1, block: B },
  })
  expect(resumeFrom(records)?.records).toHaveLength(3)
})

test('[GU7] a resumed proposer without the polka of its lock proposes the block as new', () => {
  const bench = new Bench(C2, { records: [ownVote('prevote', 0, A), ownVote('precommit', 0, A)] })
  bench.asked()
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.votes([C1, C3], 'precommit', 1, null)
  expect(bench.asked()).toEqual(['propose 1 a -1'])
  bench.proposal(1, A)
  expect(bench.asked()).toEqual(['prevote 1 a'])
})

test('[GU7] a mastership that comes back within the height resumes the same way', () => {
  const bench = new Bench(C4, { records: [ownVote('prevote', 0, A)] })
  bench.votes([C1, C2], 'prevote', 0, A)
  bench.asked()
  const resume = resumeFrom([ownVote('prevote', 0, A), ownVote('precommit', 0, null)])
  bench.give({ kind: 'start', height: HEIGHT, clusters: CLUSTERS, self: C4, resume, mayVote: true })
  expect(bench.asked()).toEqual(['prevote 0 a again', 'precommit 0 nil again'])
  expect(bench.running.votes.rounds.size).toBe(0)
})

test('[RC2] an observer goes to the resumed round and releases nothing', () => {
  const bench = new Bench(C4, { records: [ownVote('prevote', 2, A)], mayVote: false })
  expect(bench.running.round).toBe(2)
  expect(bench.asked()).toEqual([])
})
