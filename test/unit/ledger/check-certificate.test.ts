import { checkCertificate, lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { applyMasterships, genesisTokens } from '@baton/shared/core/ledger/tokens'
import type { CommitCertificate } from '@baton/shared/core/ledger/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { Hash, Height, Round } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { CLUSTERS, certificateFor, mastership } from './ledger-network.ts'

const BLOCK = 'cd'.repeat(32) as Hash
/** The table of the block: c1 at epoch 3, the others at 1. */
const MASTERS = [mastership('c1', 3), mastership('c2'), mastership('c3'), mastership('c4')]
const applied = applyMasterships(sha256, genesisTokens(sha256, CLUSTERS), MASTERS)
if (!applied.ok) throw new Error(applied.why)
const TABLE = applied.value

function certificate(masters: readonly Mastership[]): CommitCertificate {
  return { ...certificateFor({ hash: BLOCK, header: { height: 7 as Height } }, masters), round: 2 as Round }
}
const check = (masters: readonly Mastership[], known = MASTERS) =>
  checkCertificate(certificate(masters), TABLE, lookupIn(known))

test('[LE10] names one signature for each vote: the key of the token and the whole vote', () => {
  const result = check(MASTERS.slice(0, 3))
  expect(result.ok && result.checks).toHaveLength(3)
  expect(result.ok && result.checks[0]).toEqual({
    key: MASTERS[0]!.key,
    vote: {
      cluster: 'c1',
      generation: 0,
      epoch: 3,
      height: 7,
      round: 2,
      type: 'precommit',
      block: BLOCK,
      signature: new Uint8Array(64).fill(9),
    },
  })
})

test('[LE10] more than two thirds of the clusters are needed: three of four, not two', () => {
  expect(check(MASTERS).ok).toBe(true)
  expect(check(MASTERS.slice(1)).ok).toBe(true)
  expect(check(MASTERS.slice(2))).toMatchObject({ ok: false, why: '2 votes count, 3 are needed' })
})

test('[LE10] a cluster counts once, in order, and only if it is of the network', () => {
  const [c1, c2, c3] = MASTERS as [Mastership, Mastership, Mastership]
  expect(check([c1, c2, c2])).toMatchObject({ ok: false, why: 'votes are not sorted' })
  expect(check([c1, c3, c2])).toMatchObject({ ok: false, why: 'votes are not sorted' })
  expect(check([c1, c2, mastership('c9')])).toMatchObject({ ok: false, why: 'c9 is no cluster of this network' })
})

test('[NW3] a vote under a lower token than the block names is void: it neither counts nor is verified', () => {
  const old = mastership('c1', 2)
  expect(check([old, ...MASTERS.slice(1, 3)], [old, ...MASTERS])).toMatchObject({ ok: false, why: /2 votes count/ })
  const enough = check([old, ...MASTERS.slice(1)], [old, ...MASTERS])
  expect(enough.ok && enough.checks.map(({ vote }) => vote.cluster)).toEqual(['c2', 'c3', 'c4'])
})

test('[NW3] a vote under a higher token counts when its credential is known', () => {
  const newer = mastership('c2', 5)
  const masters = [MASTERS[0]!, newer, MASTERS[2]!]
  expect(check(masters)).toMatchObject({ ok: false, code: 'PEER_UNEXPECTED', why: 'no credential for c2 at 0.5' })
  const known = check(masters, [...MASTERS, newer])
  expect(known.ok && known.checks[1]?.key).toBe(newer.key)
})
