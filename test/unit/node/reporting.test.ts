import type { MissedRun } from '@baton/shared/core/audit/types'
import { type Gathered, gather } from '@baton/shared/core/node/reporting'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Epoch, Generation, Hash, Height, Instant, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { C1A, NETWORK, NODE } from '../../support/fixed-network.ts'

const HASH = 'a'.repeat(64) as Hash
const NOTHING: Gathered = { results: [], missed: [], reportedAt: 0 as Instant }

const missed = (height: number, cluster = 'c4', epoch = 1): MissedRun => ({
  cluster: cluster as ClusterId,
  generation: 0 as Generation,
  epoch: epoch as Epoch,
  from: height as Height,
  to: height as Height,
})

function gatherAll(from: number, to: number, missedAt: (height: number) => readonly MissedRun[]): Gathered {
  let gathered = NOTHING
  for (let height = from; height <= to; height++) {
    gathered = gather(gathered, { height: height as Height, block: HASH, result: HASH }, missedAt(height))
  }
  return gathered
}

test('[NW5] heights in a row that one master missed are one run; another token, or a vote, begins a new one', () => {
  const at = (height: number) => (height === 5 ? [] : [missed(height, 'c4', height < 8 ? 1 : 2), missed(height, 'c3')])
  const { missed: runs } = gatherAll(1, 10, at)
  const read = runs.map(({ cluster, epoch, from, to }) => `${cluster}@${epoch} ${from}-${to}`)
  expect(read.sort()).toEqual(['c3@1 1-4', 'c3@1 6-10', 'c4@1 1-4', 'c4@1 6-7', 'c4@2 8-10'])
})

test('[NW5] runs go with the heights they are of, and the newest are kept', () => {
  const long = gatherAll(1, 3 * LIMITS.resultsPerReport, (height) => (height <= 10 ? [missed(height)] : []))
  expect(long.missed).toEqual([])
  const many = gatherAll(1, LIMITS.resultsPerReport, (height) =>
    height % 2 === 0 ? [] : [missed(height), missed(height, 'c3')],
  )
  expect(many.missed).toHaveLength(LIMITS.missedRuns)
  expect(many.missed.at(-1)).toMatchObject({ to: LIMITS.resultsPerReport - 1 })
})

test('[NW4] the largest report of the largest network is one statement', async () => {
  const name = (n: number) => `${'c'.repeat(60)}${n}` as ClusterId
  const height = 2 ** 40
  const results = Array.from({ length: LIMITS.resultsPerReport }, (_, n) => ({
    height: height + n,
    block: HASH,
    result: HASH,
  }))
  const runs = Array.from({ length: LIMITS.missedRuns }, (_, n) => ({
    ...missed(height, name(n), 99_999),
    from: height,
    to: height + n,
  }))
  const heard = Array.from({ length: LIMITS.clusters }, (_, n) => ({ cluster: name(n), forMs: 999_999_999 }))
  const { privateKey } = NODE
  const report = {
    network: NETWORK,
    cluster: name(1),
    generation: 0 as Generation,
    epoch: 99_999 as Epoch,
    node: C1A as NodeId,
    results,
    missed: runs,
    heard,
  }
  expect((await signStatement('resultReport', report, privateKey)).length).toBeLessThan(LIMITS.statementCharacters)
})
