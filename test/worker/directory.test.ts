import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { Hash, Jws } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { CLUSTERS, keyOf, NETWORK, testGenesis } from './network.ts'
import { bearer, operatorToken } from './operator-client.ts'
import { get, ORIGIN, TestNode, threeNodes } from './test-node.ts'

const [C1, C2, C3, C4] = CLUSTERS

/** Cluster → epoch and node, from a signed table that verifies down to each owner. */
async function contentOf(table: Jws): Promise<{ version: number; masters: Record<string, string> }> {
  const verified = await verifyStatement('masterTable', table, [(await keyOf('authority')).publicKey])
  if (!verified.ok) throw new Error(verified.why)
  const masters: Record<string, string> = {}
  for (const credential of verified.payload.masters) {
    const mastership = await verifyCredential(await testGenesis(), credential)
    if (!mastership.ok) throw new Error(mastership.why)
    masters[mastership.value.cluster] = `${mastership.value.epoch} ${mastership.value.node}`
  }
  return { version: verified.payload.version, masters }
}

test('[NW2] a new grant is broadcast to the sessions of every cluster, in a signed table', async () => {
  const other = await TestNode.online(C2, 'a')
  const [a, b] = await threeNodes(C1)
  a.disconnect()
  await b.take('sessionClosed')
  other.inbox = []
  expect(await b.claim({ kind: 'refused' })).toMatchObject({ ok: true })
  const tables = eventually(async () => {
    const { table } = await other.take('masters')
    const content = await contentOf(table)
    if (content.masters[C1] !== `2 ${b.node}`) throw new Error(JSON.stringify(content))
    return content
  })
  expect((await tables).masters[C2]).toBe(`1 ${other.node}`)
})

test('[NW2] a poll gets the newest table, and so does HTTP', async () => {
  const a = await TestNode.online(C3, 'a')
  const polled = await eventually(async () => {
    a.inbox = []
    a.send({ t: 'getMasters' })
    const content = await contentOf((await a.take('masters')).table)
    if (content.masters[C3] !== `1 ${a.node}`) throw new Error(JSON.stringify(content))
    return content
  })
  const http = await (await get(`${ORIGIN}/v1/networks/${NETWORK}/masters`)).json<{ version: number; table: Jws }>()
  expect(http.version).toBeGreaterThanOrEqual(polled.version)
  expect((await contentOf(http.table)).masters[C3]).toBe(`1 ${a.node}`)
})

test('[NW2] a grant that the directory has lost sight of is told again', async () => {
  const a = await TestNode.online(C4, 'a')
  const bindings = env
  const directory = bindings.NETWORK_DIRECTORY.getByName(NETWORK)
  const authority = bindings.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${C4}`)
  const known = async () => (await directory.table()) as unknown as { value: { masters: { cluster: string }[] } }
  await eventually(async () => {
    const { value } = await known()
    if (!value.masters.some(({ cluster }) => cluster === C4)) throw new Error('not told yet')
  })
  await runInDurableObject(directory, (_object, state) => {
    state.storage.sql.exec('DELETE FROM masters WHERE cluster = ?', C4)
  })
  await evictDurableObject(directory)
  await runInDurableObject(authority, (_object, state) => {
    state.storage.sql.exec("DELETE FROM meta WHERE key = 'directory-knows'")
  })
  a.send({ t: 'getMasters' })
  await eventually(async () => {
    const { value } = await known()
    if (!value.masters.some(({ cluster }) => cluster === C4)) throw new Error('not told again')
  })
})

test('[NW1, NW2] the directory takes grants in any order and keeps the highest', async () => {
  const bindings = env
  const directory = bindings.NETWORK_DIRECTORY.getByName(NETWORK)
  const [a, b] = await threeNodes(CLUSTERS[4])
  const old = a.known.credential
  a.disconnect()
  await b.take('sessionClosed')
  await b.claim({ kind: 'refused' })
  const entryOf = async () => {
    const answer = await directory.table()
    if (!answer.ok) throw new Error(answer.why)
    return answer.value.masters.find(({ cluster }) => cluster === a.cluster)
  }
  await expect.poll(entryOf).toMatchObject({ epoch: 2, node: b.node })
  expect(await directory.learn(old)).toMatchObject({ ok: true })
  expect(await entryOf()).toMatchObject({ epoch: 2, node: b.node })
  const forged = { ...old, grant: b.known.credential.certificate }
  expect(await directory.learn(forged)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
})

test('[NW4] a result that differs from what more than two thirds of the others report is an event', async () => {
  const directory = env.NETWORK_DIRECTORY.getByName(NETWORK)
  const masters = await Promise.all(CLUSTERS.slice(0, 12).map((cluster) => TestNode.online(cluster, 'a')))
  const hash = (letter: string) => letter.repeat(64) as Hash
  const report = async (node: TestNode, result: Hash, signer = node) => {
    const { generation, epoch } = node.known
    const results = [{ height: 7, block: hash('a'), result }]
    const payload = { network: NETWORK, cluster: node.cluster, generation, epoch, node: node.node, results, heard: [] }
    return signStatement('resultReport', payload, signer.keys.privateKey)
  }
  const current = masters.filter((node) => node.known.master === node.node)
  const [liar, ...honest] = current
  if (liar === undefined) throw new Error()
  const forged = await directory.results(await report(liar, hash('c'), honest[0]), {
    cluster: liar.cluster,
    node: liar.node,
  })
  expect(forged).toMatchObject({ code: 'STATEMENT_INVALID' })
  for (const node of honest) node.send({ t: 'results', report: await report(node, hash('b')) })
  liar.send({ t: 'results', report: await report(liar, hash('c')) })
  const mismatches = async () => {
    const headers = bearer(await operatorToken(CLUSTERS[0], 'viewer'))
    const read = await get(`${ORIGIN}/v1/networks/${NETWORK}/events`, { headers })
    const page = await read.json<{ events: { event: object }[] }>()
    return page.events.map(({ event }) => event).filter((event) => 'by' in event)
  }
  await expect.poll(mismatches).toMatchObject([{ event: 'result-mismatch', height: 7, by: { cluster: liar.cluster } }])
})
