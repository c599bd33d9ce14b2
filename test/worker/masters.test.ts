/** The master table as clients and nodes poll it. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Jws } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { CLUSTERS, NETWORK } from './network.ts'
import { get, ORIGIN, TestNode, threeNodes } from './test-node.ts'

const [C1, C2, C3, C4] = CLUSTERS
const URL = `${ORIGIN}/v1/networks/${NETWORK}/masters`

interface Answer {
  readonly version: number
  readonly table: Jws
  readonly masters: readonly { readonly cluster: string; readonly node: string; readonly apiAddress: string | null }[]
}

/** What HTTP says of a cluster's master, once it fits. */
function entryOf(cluster: string, fits: (entry: Answer['masters'][number]) => boolean) {
  return eventually(async () => {
    const answer = await (await get(URL)).json<Answer>()
    const entry = answer.masters.find((each) => each.cluster === cluster)
    if (entry === undefined || !fits(entry)) throw new Error(JSON.stringify(entry))
    return entry
  })
}

test('[NW2] a poll with the ETag of the last answer costs nothing while no master has changed', async () => {
  const [a, b] = await threeNodes(C1)
  await entryOf(C1, ({ node }) => node === a.node)
  const first = await get(URL)
  const etag = first.headers.get('etag')!
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/)
  for (const tags of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await get(URL, { headers: { 'if-none-match': tags } })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
  }
  a.disconnect()
  await b.take('sessionClosed')
  await b.claim({ kind: 'refused' })
  await entryOf(C1, ({ node }) => node === b.node)
  const changed = await get(URL, { headers: { 'if-none-match': etag } })
  expect(changed.status).toBe(200)
  expect(changed.headers.get('etag')).not.toBe(etag)
})

test('[NW2] the table says where clients reach a master, also after it has moved', async () => {
  const a = await TestNode.online(C2, 'a')
  expect(await entryOf(C2, () => true)).toMatchObject({ node: a.node, apiAddress: `${a.node}:8000` })
  const before = await (await get(URL)).json<Answer>()
  await a.connect({ apiAddress: 'elsewhere:9' })
  a.send({ t: 'getMasters' })
  await entryOf(C2, ({ apiAddress }) => apiAddress === 'elsewhere:9')
  // An address is no part of what is signed, and no reason to broadcast.
  expect(await (await get(URL)).json<Answer>()).toMatchObject({ table: before.table, version: before.version })
})

test('[NW2, RG8] a directory that was put back to an old state is believed again', async () => {
  const a = await TestNode.online(C3, 'a')
  await entryOf(C3, ({ node }) => node === a.node)
  a.inbox = []
  const directory = env.NETWORK_DIRECTORY.getByName(NETWORK)
  await runInDurableObject(directory, (_object, state) => {
    state.storage.sql.exec("UPDATE meta SET value = '0' WHERE key = 'version'")
    state.storage.sql.exec('DELETE FROM pushed')
  })
  await evictDurableObject(directory)
  const other = await TestNode.online(C4, 'a')
  a.send({ t: 'getMasters' })
  await entryOf(C4, ({ node }) => node === other.node)
  await eventually(async () => {
    a.inbox = []
    a.send({ t: 'getMasters' })
    const { table } = await a.take('masters')
    const payload = JSON.parse(atob(table.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))
    const grants = payload.masters.map(({ grant }: { grant: string }) => atob(grant.split('.')[1]!))
    if (!grants.some((grant: string) => grant.includes(other.node))) throw new Error('not in the table yet')
  })
})
