/** RG4, ID4: the authority's word on the sync set, before a node believes it. */
import type { NodeInput } from '@baton/shared/core/node/io'
import type { KnownSyncSet, RecordedSyncSet } from '@baton/shared/crypto/recorded-sync-set'
import type { Mastership, Reshape } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Epoch, Generation, Jws, NetworkId, NodeId, Version } from '@baton/shared/ids'
import { encodePeer } from '@baton/shared/protocol/peer-codec'
import { expect, test } from 'vitest'
import { PeerInbox, type PeerInboxPorts } from '../../../node-runtime/src/daemon/peer-inbox.ts'
import { verifySyncSet } from '../../../node-runtime/src/daemon/verify-recorded.ts'
import { AUTHORITY, C1, C1A, C1B, C2, GENESIS, NETWORK, NODE, OUTSIDER } from '../../support/fixed-network.ts'
import { OF_FIVE } from '../../support/majority-members.ts'

const token = { generation: 0 as Generation, epoch: 3 as Epoch }
const master = { cluster: C1, ...token, node: C1A, key: NODE.publicKey } as unknown as Mastership
const inCluster = { network: NETWORK, cluster: C1, ...token }
const reshape: Reshape = { ...inCluster, node: C1A, version: 6 as Version, syncSet: [C1A] }

async function recordedSyncSet(change: Partial<RecordedSyncSet> = {}): Promise<RecordedSyncSet> {
  const statement = await signStatement('reshape', reshape, NODE.privateKey)
  return { ...inCluster, version: 7 as Version, syncSet: [C1A], reshape: statement, ...change }
}

const signed = async (change: Partial<RecordedSyncSet> = {}, by = AUTHORITY) =>
  signStatement('syncSet', await recordedSyncSet(change), by.privateKey)

test('[RG4] it counts with the signature of the authority and of the master whose request it records', async () => {
  const statement = await signed()
  const recorded = await recordedSyncSet()
  const known = { recorded, statement, reshape: { reshape, statement: recorded.reshape } }
  expect(await verifySyncSet(GENESIS, master, statement)).toEqual({ ok: true, value: known })
  expect(await verifySyncSet(GENESIS, master, await signed({ reshape: null }))).toMatchObject({
    ok: true,
    value: { reshape: null },
  })
})

test.each<readonly [string, () => Promise<Jws>]>([
  ['signed by somebody else', () => signed({}, OUTSIDER)],
  ['signed by the master itself', () => signed({}, NODE)],
  ['of another network', () => signed({ network: 'other' as NetworkId })],
  ['of another cluster', () => signed({ cluster: C2 })],
  ['of an older token', () => signed({ epoch: 2 as Epoch })],
  ['of another generation', () => signed({ generation: 1 as Generation })],
  ['of another sync set than the master asked for', () => signed({ syncSet: [C1A, C1B] })],
  [
    'with a request that the master has not signed',
    async () => signed({ reshape: await signStatement('reshape', reshape, OUTSIDER.privateKey) }),
  ],
  ['that is another statement', () => signStatement('reshape', reshape, AUTHORITY.privateKey)],
])('[RG4, ID4] one %s is refused', async (_, statement) => {
  expect(await verifySyncSet(GENESIS, master, await statement())).toMatchObject({
    ok: false,
    code: 'STATEMENT_INVALID',
  })
})

test('[MJ1, RG4] where the members are the arbiter the word of an authority is none', async () => {
  expect(await verifySyncSet(OF_FIVE, master, await signed())).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
})

function inbox() {
  const fed: NodeInput[] = []
  const refused: string[] = []
  const state = {
    config: { election: { cluster: C1 } },
    links: new Map([
      [C1B, C1],
      ['c2-a' as NodeId, C2],
    ]),
    masterships: new Map([[C1, master]]),
    syncSetWord: null as KnownSyncSet | null,
  }
  const ports = {
    state: () => state,
    genesis: GENESIS,
    enqueue: (input: NodeInput) => fed.push(input),
    refused: (from: NodeId, code: string) => refused.push(`${from} ${code}`),
  } as unknown as PeerInboxPorts
  const peers = new PeerInbox(ports)
  const receive = (from: NodeId, statement: Jws) => peers.receive(from, encodePeer({ t: 'syncSet', statement }), 3)
  return { receive, fed, refused, state }
}

test('[RG4] a peer of the cluster hands it on to the node, once; anybody else, or a forged one, is refused', async () => {
  const { receive, fed, refused, state } = inbox()
  const statement = await signed()
  receive(C1B, statement)
  await expect.poll(() => fed).toMatchObject([{ i: 'syncSet', from: C1B, syncSet: { statement } }])
  const [first] = fed
  if (first?.i === 'syncSet') state.syncSetWord = first.syncSet
  receive(C1B, statement)
  receive('c2-a' as NodeId, await signed({ version: 8 as Version }))
  receive(C1B, await signed({ version: 9 as Version }, OUTSIDER))
  await expect.poll(() => refused).toEqual(['c2-a PEER_UNEXPECTED', 'c1-b PEER_SIGNATURE'])
  expect(fed).toHaveLength(1)
})
