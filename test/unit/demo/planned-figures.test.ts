import { describe, expect, test } from 'vitest'
import type { LoggedVote } from '../../../node-runtime/src/demo/checker/evidence.ts'
import type { Fault, SwitchFigures } from '../../../node-runtime/src/demo/figures.ts'
import { plannedFigures, plannedProblems, requestsDuring } from '../../../node-runtime/src/demo/planned-figures.ts'

const PLANNED: Fault = {
  case: 'planned',
  atMs: 100,
  healedAtMs: 200,
  lostMasters: [{ cluster: 'c2', epoch: 4 }],
  planned: true,
}
const ENDING = PLANNED.lostMasters[0]!

function vote(height: number, epoch: number, changes: Partial<LoggedVote> = {}): LoggedVote {
  return {
    cluster: 'c2',
    generation: 0,
    epoch,
    height,
    round: 0,
    type: 'precommit',
    block: 'b',
    signature: 's',
    ...changes,
  }
}

const missed = (...votes: LoggedVote[]) => plannedFigures(PLANNED, ENDING, [], votes).missedBlocks

describe('missed blocks', () => {
  test('are the heights between the last vote of the old master and the first of the new one', () => {
    expect(missed(vote(7, 4), vote(8, 4), vote(9, 5), vote(10, 5))).toBe(0)
    expect(missed(vote(8, 4), vote(10, 5))).toBe(1)
    expect(missed(vote(12, 5), vote(8, 4), vote(3, 4))).toBe(3)
  })

  test('are none when both have voted at one height', () => {
    expect(missed(vote(8, 4), vote(8, 5))).toBe(0)
  })

  test('are not known while a vote of one of them was not seen; other clusters, epochs and prevotes do not stand in', () => {
    expect(missed(vote(8, 4))).toBeNull()
    expect(missed(vote(9, 5))).toBeNull()
    const others = [vote(9, 5, { cluster: 'c1' }), vote(9, 6), vote(9, 5, { type: 'prevote' })]
    expect(missed(vote(8, 4), ...others)).toBeNull()
  })
})

test('requests count that ended between the order and the end of the case', () => {
  const requests = [
    { atMs: 99, failure: 'before' },
    { atMs: 100, failure: null },
    { atMs: 150, failure: 'HTTP 503' },
    { atMs: 200, failure: null },
    { atMs: 201, failure: 'after' },
  ]
  expect(requestsDuring(PLANNED, requests)).toEqual({ ended: 3, failed: 1 })
  expect(plannedFigures(PLANNED, ENDING, requests, []).failedRequests).toBe(1)
})

describe('what speaks against a planned switch', () => {
  const figures: SwitchFigures = {
    case: 'planned',
    cluster: 'c2',
    fromEpoch: 4,
    toEpoch: 5,
    detectMs: 1,
    grantMs: 2,
    outageMs: 3,
    failedRequests: 0,
    missedBlocks: 5,
  }
  const answered = [{ atMs: 150, failure: null }]

  test('nothing, when no request failed and few blocks were missed', () => {
    expect(plannedProblems(PLANNED, figures, answered)).toEqual({ wrong: [], unknown: [] })
  })

  test('one failed request', () => {
    const requests = [...answered, { atMs: 160, failure: 'HTTP 503 from http://127.0.0.1:1' }]
    const { wrong } = plannedProblems(PLANNED, { ...figures, failedRequests: 1 }, requests)
    expect(wrong).toEqual(['planned: requests of clients failed: 1, first HTTP 503 from http://127.0.0.1:1'])
  })

  test('more missed blocks than a busy machine explains', () => {
    const { wrong } = plannedProblems(PLANNED, { ...figures, missedBlocks: 6 }, answered)
    expect(wrong).toEqual(['planned: c2 missed 6 blocks, more than 5'])
  })

  test('nobody can tell when no client asked for anything, or no votes were seen', () => {
    const { wrong, unknown } = plannedProblems(PLANNED, { ...figures, missedBlocks: null }, [])
    expect(wrong).toEqual([])
    expect(unknown).toEqual([
      expect.stringContaining('no client asked for anything'),
      expect.stringContaining('votes of c2 before and after the switch were not seen'),
    ])
  })

  test('a master that was killed may cost requests and votes', () => {
    const { planned: _, ...killed } = PLANNED
    const costly = { ...figures, failedRequests: 9, missedBlocks: 9 }
    expect(plannedProblems(killed, costly, [{ atMs: 150, failure: 'HTTP 503' }])).toEqual({ wrong: [], unknown: [] })
  })
})
