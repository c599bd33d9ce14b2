/** RG8 from outside: a registry that was put back to an old state, its directory, and what its nodes show. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Epoch, Generation, Jws } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { OPAQUE_JWS } from '../support/fixed-network.ts'
import { eventually } from './eventually.ts'
import { CLUSTERS, keyOf, NETWORK } from './network.ts'
import { view } from './operator-client.ts'
import { clusterUrl, get, ORIGIN, TestNode, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const REFUSED = { kind: 'refused' } as const

const authorityOf = (cluster: ClusterId) => env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`)
const directory = () => env.NETWORK_DIRECTORY.getByName(NETWORK)

type Rows = Record<string, Record<string, SqlStorageValue>[]>
const TABLES = ['cluster', 'members', 'grants', 'reshapes', 'acknowledged', 'confirmed', 'meta', 'events']

/** All that the object has on disk. */
function copyOf(cluster: ClusterId): Promise<Rows> {
  return runInDurableObject(authorityOf(cluster), (_object, { storage: { sql } }) =>
    Object.fromEntries(TABLES.map((table) => [table, sql.exec(`SELECT * FROM ${table}`).toArray()])),
  )
}

/** What a restore to an earlier point in time does: the rows of then, whatever was written since, and a new process. */
async function putBack(cluster: ClusterId, copy: Rows): Promise<void> {
  await runInDurableObject(authorityOf(cluster), (_object, { storage: { sql } }) => {
    const triggers = sql.exec("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").toArray()
    for (const { name } of triggers) sql.exec(`DROP TRIGGER ${name}`)
    for (const table of TABLES) {
      sql.exec(`DELETE FROM ${table}`)
      for (const row of copy[table]!) {
        const columns = Object.keys(row)
        const values = columns.map((column) => row[column]!)
        sql.exec(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`, ...values)
      }
    }
    for (const { sql: text } of triggers) sql.exec(String(text))
  })
  await abortAllDurableObjects()
}

/** The directory forgets this cluster too. */
async function forgetInDirectory(cluster: ClusterId): Promise<void> {
  await runInDurableObject(directory(), (_object, state) => {
    state.storage.sql.exec('DELETE FROM masters WHERE cluster = ?', cluster)
  })
  await evictDurableObject(directory())
}

function operate(cluster: ClusterId, action: OperatorAction) {
  const operator = { network: NETWORK, cluster, name: 'ada', role: 'owner', id: 'o', issuedAt: 0, expiresAt: 9e15 }
  return authorityOf(cluster).operate(cluster, {
    ...{ against: null, dryRun: false },
    operator: operator as never,
    authorization: OPAQUE_JWS,
    why: 'a restore',
    action,
  })
}

const raise = (generation: number): OperatorAction => {
  return { act: 'raise-generation', generation: generation as Generation, bars: [], orders: [] }
}

async function lastEvents(cluster: ClusterId): Promise<{ event: string; why: string; who: string; code: string }[]> {
  const page = await (await view(cluster, '/events')).json<{ events: ChainedEvent[] }>()
  return page.events.map(({ event }) => event as never)
}

const toldDirectory = (cluster: ClusterId, epoch: number) =>
  eventually(async () => {
    const table = await (await get(`${ORIGIN}/v1/networks/${NETWORK}/masters`)).json<{ masters: Listed[] }>()
    if (!table.masters.some((each) => each.cluster === cluster && each.epoch === epoch)) throw new Error('not yet')
  })
type Listed = { cluster: string; epoch: number }

/** B is master under epoch 2, with the sync set {B, C}; the copy is from the time of A. */
async function switched(cluster: ClusterId) {
  const [a, b, c] = await threeNodes(cluster)
  const copy = await copyOf(cluster)
  a.disconnect()
  await b.take('sessionClosed')
  expect(await b.claim(REFUSED)).toMatchObject({ ok: true })
  await toldDirectory(cluster, 2)
  expect(await b.reshape([b.node, c.node])).toMatchObject({ ok: true })
  await c.seeState((state) => state.syncSet.length === 2 && state.epoch === 2)
  return { copy, nodes: [a, b, c] as const }
}

test('[RG8] a registry that was put back is frozen by what the directory knows, before any node has come', async () => {
  const cluster = fresh()
  const { copy } = await switched(cluster)
  await putBack(cluster, copy)
  await eventually(async () => {
    const status = await (await get(clusterUrl(cluster))).json<{ state: { epoch: number; frozen: string | null } }>()
    expect(status.state).toMatchObject({
      epoch: 1,
      frozen: 'directory: the grant of a higher token than the recorded one',
    })
  })
})

test('[RG8] it is frozen by what a node shows, when the directory has forgotten too', async () => {
  const cluster = fresh()
  const { copy, nodes } = await switched(cluster)
  const [, b] = nodes
  const held = { credential: b.known.credential, reshape: b.known.reshape ?? null }
  await putBack(cluster, copy)
  await forgetInDirectory(cluster)
  await b.connect()
  expect(b.known).toMatchObject({ epoch: 1, frozen: null })
  b.show(held)
  await b.seeState(({ frozen }) => frozen === `${b.node}: the grant of a higher token than the recorded one`)
  expect(await b.claim(REFUSED)).toMatchObject({ ok: false, code: 'CLUSTER_FROZEN' })
})

test('[RG8] the procedure: freeze, raise the generation, every node shows what it holds in a new session, restored', async () => {
  const cluster = fresh()
  const { copy, nodes } = await switched(cluster)
  const [a, b, c] = nodes
  const held = { credential: b.known.credential, reshape: b.known.reshape ?? null }
  await putBack(cluster, copy)
  await forgetInDirectory(cluster)
  for (const node of [a, b, c]) await node.connect()
  expect(await operate(cluster, { act: 'freeze' })).toMatchObject({ ok: true, state: { frozen: 'ada: a restore' } })
  expect(await operate(cluster, raise(0))).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
  expect(await operate(cluster, raise(1))).toMatchObject({ ok: true })
  for (const node of [a, b, c]) await eventually(() => expect(node.closed).toEqual({ code: 4410 }))

  for (const node of [a, b, c]) await node.connect()
  // A was away when it lost its mastership: what it holds is older.
  a.show()
  b.show(held)
  await b.seeState(({ frozen }) => frozen === `restored: waits for what ${c.node} can show`)
  expect(await b.claim({ kind: 'own' })).toMatchObject({ ok: false, code: 'CLUSTER_FROZEN' })
  // C has the grant from a broadcast that the reshape came with: one node that can show it is enough.
  c.show({ credential: held.credential, reshape: null })
  const restored = await b.seeState(({ frozen }) => frozen === null)
  expect(restored).toMatchObject({
    generation: 1,
    epoch: 2,
    master: b.node,
    syncSet: [b.node, c.node],
    recovering: false,
  })
  expect(await a.claim(REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  expect(await b.claim({ kind: 'own' })).toMatchObject({
    ok: true,
    state: { generation: 1, epoch: 3, master: b.node, syncSet: [b.node, c.node] },
  })
  expect((await lastEvents(cluster)).map(({ event }) => event)).toEqual(
    expect.arrayContaining(['frozen', 'generation-raised', 'shown', 'restored', 'granted']),
  )
})

test('[RG8] what the directory knows is one more witness of a restore', async () => {
  const cluster = fresh()
  const { copy, nodes } = await switched(cluster)
  const [a, b, c] = nodes
  const held = { credential: b.known.credential, reshape: b.known.reshape ?? null }
  await putBack(cluster, copy)
  expect(await operate(cluster, raise(1))).toMatchObject({ ok: true })
  for (const node of [a, b, c]) await node.connect()
  // Everybody whom the old registry takes for the sync set has answered; the directory knows of a later master.
  a.show()
  await a.seeState(({ frozen }) => frozen === `restored: waits for what ${b.node} can show`)
  b.show(held)
  c.show(held)
  expect(await b.seeState(({ frozen }) => frozen === null)).toMatchObject({ master: b.node, syncSet: [b.node, c.node] })
})

test('[RG8] what does not verify shows nothing: it is recorded, and costs nobody a session', async () => {
  const cluster = fresh()
  const [a, b] = await threeNodes(cluster)
  const other = await TestNode.online(fresh(), 'a')
  const stranger = await keyOf('stranger')
  const { credential, generation, epoch, version } = a.known
  const payload = { network: NETWORK, cluster, generation, epoch, version, node: a.node, syncSet: [a.node] }
  const wrong: readonly [Credential | null, Jws | null][] = [
    [null, a.known.reshape ?? null],
    [other.known.credential, null],
    [{ ...credential, grant: credential.certificate }, null],
    [credential, await signStatement('reshape', payload, stranger.privateKey)],
    [credential, await b.signedReshape([b.node])],
    [credential, await a.signedReshape([a.node], { epoch: 2 as Epoch })],
  ]
  for (const [shown, reshape] of wrong) {
    await b.connect()
    b.show({ credential: shown, reshape })
    expect((await b.report()).version).toBe(b.known.version)
  }
  await b.connect()
  b.show()
  b.show()
  expect(await b.take('refused')).toMatchObject({ code: 'PEER_UNEXPECTED' })
  const refused = (await lastEvents(cluster)).filter(({ event }) => event === 'shown-refused')
  expect(refused.map(({ who, code }) => `${who} ${code}`)).toEqual(wrong.map(() => `${b.node} STATEMENT_INVALID`))
  expect(a.known.frozen).toBeNull()
})

test('[RG8] a session of the protocol before does not show anything, and works', async () => {
  const [a] = await threeNodes(fresh())
  await a.connect({ protocol: { min: 1, max: 1 } })
  expect(await a.confirm()).toMatchObject({ ok: true })
  a.show()
  expect(await a.take('refused')).toMatchObject({ code: 'PEER_UNEXPECTED' })
})

test('[NW2] a directory that has forgotten a master is told again at the next poll', async () => {
  const cluster = fresh()
  const a = await TestNode.online(cluster, 'a')
  await toldDirectory(cluster, 1)
  await forgetInDirectory(cluster)
  a.send({ t: 'getMasters' })
  await toldDirectory(cluster, 1)
})
