import { sha256 } from '@baton/shared/crypto/hash-node'
import { type ClusterPolicy, type Genesis, TIMING_PRESETS } from '@baton/shared/genesis'
import { clusterOf, genesisHash, parseGenesis } from '@baton/shared/genesis-schema'
import { timingProblem } from '@baton/shared/genesis-timings'
import type { ClusterId, NetworkId } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { AUTHORITY, C1, GENESIS, LAN, OWNER_C1 } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'

const [FIRST, SECOND] = GENESIS.clusters as [Genesis['clusters'][0], Genesis['clusters'][0]]
const withSecond = (change: object) => ({ ...GENESIS, clusters: [FIRST, { ...SECOND, ...change }] })

test('[ID1] a genesis document reads back, and its hash is as stored', () => {
  expect(parseGenesis(JSON.stringify(GENESIS))).toEqual({ ok: true, value: GENESIS })
  expectGolden('genesis', { genesis: GENESIS, hash: genesisHash(sha256, GENESIS) })
})

test('[ID1] the hash does not depend on the order of fields, and changes with any value', () => {
  const turned = Object.fromEntries(Object.entries(GENESIS).reverse()) as unknown as Genesis
  expect(genesisHash(sha256, turned)).toBe(genesisHash(sha256, GENESIS))
  expect(genesisHash(sha256, { ...GENESIS, network: 'other' as NetworkId })).not.toBe(genesisHash(sha256, GENESIS))
})

test('a cluster is found by its id', () => {
  expect(clusterOf(GENESIS, C1)).toBe(FIRST)
  expect(clusterOf(GENESIS, 'c9' as ClusterId)).toBeNull()
})

test.each<[string, unknown, string]>([
  ['that is a list', [], 'expected object'],
  ['of another format', { ...GENESIS, format: 'baton-genesis/2' }, 'format'],
  ['with a field it does not know', { ...GENESIS, extra: 1 }, 'extra'],
  ['without clusters', { ...GENESIS, clusters: [] }, 'clusters'],
  ['without an authority', { ...GENESIS, authorityKeys: [] }, 'authorityKeys'],
  ['with a key of small order', { ...GENESIS, authorityKeys: ['A'.repeat(43)] }, 'ID6'],
  ['with a key that is too short', { ...GENESIS, authorityKeys: ['AAAA'] }, 'authorityKeys.0'],
  ['with a cluster without an owner', withSecond({ ownerKeys: [] }), 'clusters.1.ownerKeys'],
  ['with a cluster twice', withSecond({ cluster: C1 }), 'cluster c1 occurs twice'],
  ['with one founder for two clusters', withSecond({ founder: FIRST.founder }), 'founder of two clusters'],
  ['with one owner for two clusters', withSecond({ ownerKeys: [OWNER_C1.publicKey] }), 'occurs twice'],
  ['with the authority as an owner', withSecond({ ownerKeys: [AUTHORITY.publicKey] }), 'occurs twice'],
  ['with a name that is none', { ...GENESIS, network: 'No Name' }, 'network'],
  ['with a date that is none', { ...GENESIS, createdAt: 'yesterday' }, 'createdAt'],
])('[ID1] refuses a document %s', (_, document, why) => {
  const parsed = parseGenesis(JSON.stringify(document))
  expect(parsed).toMatchObject({ ok: false, code: 'GENESIS_INVALID', why: expect.stringContaining(why) })
})

test('a document that is not JSON is refused', () => {
  expect(parseGenesis('{')).toMatchObject({ ok: false, code: 'GENESIS_INVALID' })
})

test.each<[Partial<ClusterPolicy>, RegExp]>([
  [{ heartbeatMs: 100, suspectAfterMs: 300 }, /suspectAfterMs \(300\).*heartbeatMs \(100\)/],
  [{ heartbeatMs: 167 }, /suspectAfterMs \(500\).*heartbeatMs \(167\)/],
  [{ suspectAfterMs: 501 }, /masterTtlMs \(1000\).*suspectAfterMs \(501\)/],
  [{ startupGraceMs: 999 }, /startupGraceMs \(999\).*masterTtlMs \(1000\)/],
])('timings %j contradict each other, and the message names both values', (change, message) => {
  const parsed = parseGenesis(JSON.stringify(withSecond({ policy: { ...LAN, ...change } })))
  expect(parsed).toMatchObject({ ok: false, code: 'GENESIS_INVALID', why: expect.stringMatching(message) })
})

test('every preset fits together, with the grace of two masterTtl', () => {
  for (const preset of Object.values(TIMING_PRESETS)) {
    expect(timingProblem({ ...preset, startupGraceMs: 2 * preset.masterTtlMs })).toBeNull()
  }
})
