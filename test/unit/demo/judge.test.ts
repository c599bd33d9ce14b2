import { describe, expect, test } from 'vitest'
import type { ChainCopy, CopiedBlock, Evidence, LoggedVote } from '../../../node-runtime/src/demo/checker/evidence.ts'
import { judge } from '../../../node-runtime/src/demo/checker/judge.ts'

const BLOCKS: Record<number, CopiedBlock> = {
  1: { hash: 'b1', previous: 'b0', result: 'r1', transactions: ['t1', 't2'] },
  2: { hash: 'b2', previous: 'b1', result: 'r2', transactions: ['t3'] },
}
const INDEX = { t1: { height: 1, index: 0 }, t2: { height: 1, index: 1 }, t3: { height: 2, index: 0 } }
const VOTE: LoggedVote = {
  cluster: 'c1',
  generation: 0,
  epoch: 1,
  height: 2,
  round: 0,
  type: 'precommit',
  block: 'b2',
  signature: 's',
}

function copy(node: string, changes: { blocks?: Record<number, CopiedBlock>; index?: object } = {}): ChainCopy {
  const blocks = new Map(Object.entries(changes.blocks ?? BLOCKS).map(([height, block]) => [Number(height), block]))
  return { node, source: 'database', settled: true, blocks, index: new Map(Object.entries(changes.index ?? INDEX)) }
}

function evidence(changes: Partial<Evidence> = {}): Evidence {
  return {
    height: 2,
    acknowledged: Object.entries(INDEX).map(([id, position]) => ({ id, ...position })),
    copies: [copy('n1'), copy('n2')],
    votes: [VOTE],
    isGenuine: () => true,
    missing: [],
    ...changes,
  }
}

test('a clean run is true', () => {
  expect(judge(evidence())).toEqual({
    verdict: 'true',
    lost: 0,
    duplicated: 0,
    resultHashesEqual: true,
    conflictingVotes: 0,
    height: 2,
    findings: [],
  })
})

describe('lost', () => {
  test('an acknowledged transaction that one node does not have in its blocks', () => {
    const without = { ...BLOCKS, 2: { ...BLOCKS[2]!, transactions: [] } }
    expect(judge(evidence({ copies: [copy('n1'), copy('n2', { blocks: without })] }))).toMatchObject({
      verdict: 'false',
      lost: 1,
    })
  })

  test('an acknowledged transaction that one node has no row for', () => {
    const { t2, ...index } = INDEX
    expect(t2).toBeDefined()
    const judgement = judge(evidence({ copies: [copy('n1'), copy('n2', { index })] }))
    expect(judgement).toMatchObject({ verdict: 'false', lost: 1 })
    expect(judgement.findings[0]).toContain('n2 (database) has it in no index')
  })

  test('an acknowledged transaction that stands elsewhere than the client was told', () => {
    const acknowledged = [{ id: 't3', height: 1, index: 0 }]
    expect(judge(evidence({ acknowledged }))).toMatchObject({ verdict: 'false', lost: 1 })
  })

  test('is not proven by the database of a node that did not answer: its last blocks may be on their way', () => {
    const behind = { ...copy('n2', { blocks: { 1: BLOCKS[1]! }, index: {} }), settled: false }
    const judgement = judge(evidence({ copies: [copy('n1'), behind], missing: ['n2 does not answer'] }))
    expect(judgement).toMatchObject({ verdict: 'unknown', lost: 0 })
  })

  test('counts a transaction once, however many nodes miss it', () => {
    const acknowledged = [{ id: 't4', height: 2, index: 1 }]
    expect(judge(evidence({ acknowledged }))).toMatchObject({ lost: 1 })
  })
})

test('duplicated: a transaction that stands in two blocks', () => {
  const twice = { ...BLOCKS, 2: { ...BLOCKS[2]!, transactions: ['t3', 't1'] } }
  const copies = [copy('n1', { blocks: twice }), copy('n2', { blocks: twice })]
  expect(judge(evidence({ copies }))).toMatchObject({ verdict: 'false', duplicated: 1, lost: 0 })
})

describe('agreement', () => {
  test('a node with another result hash', () => {
    const other = { ...BLOCKS, 2: { ...BLOCKS[2]!, result: 'other' } }
    const judgement = judge(evidence({ copies: [copy('n1'), copy('n2', { blocks: other })] }))
    expect(judgement).toMatchObject({ verdict: 'false', resultHashesEqual: false })
  })

  test('a node that lacks the last block is behind, not equal', () => {
    const behind = { 1: BLOCKS[1]! }
    const judgement = judge(evidence({ acknowledged: [], copies: [copy('n1'), copy('n2', { blocks: behind })] }))
    expect(judgement).toMatchObject({ verdict: 'false', resultHashesEqual: true })
    expect(judgement.findings).toEqual(['n2 (database) has no block at height 2'])
  })

  test('a block that came while the copies were read need not be in all of them', () => {
    const longer = { ...BLOCKS, 3: { hash: 'b3', previous: 'b2', result: 'r3', transactions: [] } }
    const judgement = judge(evidence({ copies: [copy('n1'), copy('n2', { blocks: longer })] }))
    expect(judgement).toMatchObject({ verdict: 'true', height: 3 })
  })

  test('a chain whose links are broken', () => {
    const broken = { ...BLOCKS, 2: { ...BLOCKS[2]!, previous: 'elsewhere' } }
    const copies = [copy('n1', { blocks: broken }), copy('n2', { blocks: broken })]
    expect(judge(evidence({ copies })).verdict).toBe('false')
  })
})

describe('[NW3] votes', () => {
  test('two genuine votes for different blocks conflict, also under different epochs', () => {
    const votes = [VOTE, { ...VOTE, epoch: 2, block: null }]
    expect(judge(evidence({ votes }))).toMatchObject({ verdict: 'false', conflictingVotes: 1 })
  })

  test('the same vote repeated under a later epoch is the same vote', () => {
    expect(judge(evidence({ votes: [VOTE, { ...VOTE, epoch: 2 }] }))).toMatchObject({ verdict: 'true' })
  })

  test('votes of different rounds or types do not conflict', () => {
    const votes = [VOTE, { ...VOTE, round: 1, block: 'x' }, { ...VOTE, type: 'prevote' as const, block: null }]
    expect(judge(evidence({ votes }))).toMatchObject({ verdict: 'true' })
  })

  test('a forged vote counts against nobody', () => {
    const votes = [VOTE, { ...VOTE, block: 'x', signature: 'forged' }]
    const isGenuine = (vote: LoggedVote) => vote.signature !== 'forged'
    expect(judge(evidence({ votes, isGenuine }))).toMatchObject({ verdict: 'true', conflictingVotes: 0 })
  })

  test('a vote whose token nobody can attribute makes the verdict unknown', () => {
    expect(judge(evidence({ isGenuine: () => null }))).toMatchObject({ verdict: 'unknown', conflictingVotes: 0 })
  })
})

describe('verdict', () => {
  test('is unknown when a node did not answer', () => {
    const judgement = judge(evidence({ missing: ['n2 does not answer'] }))
    expect(judgement).toMatchObject({ verdict: 'unknown', findings: ['n2 does not answer'] })
  })

  test('is false, not unknown, when something is proven wrong besides', () => {
    const acknowledged = [{ id: 't4', height: 2, index: 1 }]
    expect(judge(evidence({ acknowledged, missing: ['n2 does not answer'] })).verdict).toBe('false')
  })

  test('lists the first few findings of a kind and counts the rest', () => {
    const acknowledged = Array.from({ length: 9 }, (_, index) => ({ id: `x${index}`, height: 1, index }))
    const { lost, findings } = judge(evidence({ acknowledged }))
    expect(lost).toBe(9)
    expect(findings).toHaveLength(6)
    expect(findings.at(-1)).toBe('… and 4 more of this kind')
  })
})
