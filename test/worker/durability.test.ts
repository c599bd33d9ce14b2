import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { brokenLink, type ChainedEvent } from '@baton/shared/core/registry/event-chain'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { ClusterId, Epoch, LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { CLUSTERS, NETWORK, POLICY } from './network.ts'
import { view } from './operator-client.ts'
import { TestNode, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const REFUSED = { kind: 'refused' } as const

function authorityOf(cluster: ClusterId) {
  return env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`)
}

async function eventsOf(cluster: ClusterId, limit = 200): Promise<ChainedEvent[]> {
  const all: ChainedEvent[] = []
  let after: number | null = 0
  while (after !== null) {
    const answer: Response = await view(cluster, `/events?after=${after}&limit=${limit}`)
    const page: { events: ChainedEvent[]; next: number | null } = await answer.json()
    all.push(...page.events)
    after = page.next
  }
  return all
}

test('[RG7, RG8, RG11] an abort of the authority keeps the registry and the event chain', async () => {
  const [a, b] = await threeNodes(fresh())
  a.disconnect()
  await b.take('sessionClosed')
  const claim = await b.signedClaim(REFUSED)
  const granted = await b.sendClaim(claim)
  if (!granted.ok) throw new Error(granted.why)
  const before = await eventsOf(b.cluster)
  await abortAllDurableObjects()
  const again = await TestNode.make(b.cluster, 'b')
  const welcome = await again.connect()
  expect(welcome.state).toEqual(granted.state)
  // The answer was lost with the abort: the same nonce gets the same grant, signed to the same bytes.
  const repeated = await again.sendClaim(claim)
  expect(repeated).toMatchObject({ ok: true, state: { credential: granted.state.credential } })
  const after = await eventsOf(b.cluster)
  expect(after.slice(0, before.length)).toEqual(before)
  expect(brokenLink(sha256, after)).toBeNull()
})

test('[RG3] a young authority grants nothing on silence before its grace and a report of a standby', async () => {
  const [a, b] = await threeNodes(fresh())
  await new Promise((resolve) => setTimeout(resolve, POLICY.startupGraceMs + POLICY.masterTtlMs))
  await b.report()
  await abortAllDurableObjects()
  expect(a.known.master).toBe(a.node)
  const standby = await TestNode.make(b.cluster, 'b')
  expect((await standby.connect()).graceMs).toBeGreaterThan(POLICY.startupGraceMs / 2)
  expect(await standby.claim({ kind: 'silence', forMs: 9_000 })).toMatchObject({ ok: false, code: 'STARTUP_GRACE' })
  // Refused, too: this life of the authority has not seen the master's session close.
  expect(await standby.claim(REFUSED)).toMatchObject({ ok: false, code: 'STARTUP_GRACE' })
  await standby.report()
  const granted = await eventually(async () => {
    const reply = await standby.claim({ kind: 'silence', forMs: 9_000 })
    if (!reply.ok) throw new Error(reply.code)
    return reply
  })
  expect(granted.state).toMatchObject({ epoch: 2, master: b.node })
})

test('[RG3, RG7] a hibernated authority wakes with its sessions, and hears the one that closes', async () => {
  const [a, b] = await threeNodes(fresh())
  await evictDurableObject(authorityOf(a.cluster))
  expect((await b.report()).version).toBe(b.known.version)
  expect(await a.confirm()).toMatchObject({ ok: true })
  await evictDurableObject(authorityOf(a.cluster))
  a.disconnect()
  expect(await b.take('sessionClosed')).toEqual({ t: 'sessionClosed', node: a.node })
  expect(await b.claim(REFUSED)).toMatchObject({ ok: true, state: { master: b.node } })
})

test('[EL6] what a node acknowledged survives the authority', async () => {
  const [a, b] = await threeNodes(fresh())
  await b.report({ durableIndex: 70 as LogIndex })
  await abortAllDurableObjects()
  const master = await TestNode.online(a.cluster, 'a')
  const standby = await TestNode.online(b.cluster, 'b')
  master.disconnect()
  await standby.take('sessionClosed')
  expect(await standby.claim(REFUSED, { durableIndex: 69 as LogIndex })).toMatchObject({ code: 'NOT_ELECTABLE' })
  expect(await standby.claim(REFUSED, { durableIndex: 70 as LogIndex })).toMatchObject({ ok: true })
})

test('[RG8] a node that knows a higher token freezes the registry, over an abort of the authority too', async () => {
  const [a, b] = await threeNodes(fresh())
  await b.report({ token: { ...a.known, epoch: (a.known.epoch + 1) as Epoch } })
  await a.seeState((state) => state.frozen !== null)
  expect(await a.confirm()).toMatchObject({ ok: false, code: 'CLUSTER_FROZEN' })
  await abortAllDurableObjects()
  const again = await TestNode.online(a.cluster, 'a')
  expect(again.known.frozen).toContain(b.node)
  expect(await again.claim({ kind: 'own' })).toMatchObject({ ok: false, code: 'CLUSTER_FROZEN' })
})

test('[RC3, RG9] the end of a recovery and a verified chain are asked over the session, and answered', async () => {
  const [a, b] = await threeNodes(fresh())
  await b.report()
  expect(await b.ask({ t: 'verified', token: b.known, height: 3 })).toMatchObject({ ok: true })
  const by = { kind: 'height', height: 3 } as const
  expect(await a.ask({ t: 'recovered', token: a.known, by })).toMatchObject({ ok: true, state: { recovering: false } })
  expect(await b.ask({ t: 'recovered', token: b.known, by })).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
  const events = await eventsOf(a.cluster)
  const kinds = events.slice(-3).map(({ event }) => (event as { event: string }).event)
  expect(kinds).toEqual(['verified-repeated', 'recovery-end-repeated', 'recovery-end-refused'])
})

test('[RG8] the database itself refuses to lose or change a row that carries an epoch', async () => {
  const [a] = await threeNodes(fresh())
  await runInDurableObject(authorityOf(a.cluster), (_object, state) => {
    for (const statement of [
      'DELETE FROM grants',
      "UPDATE grants SET node = 'x'",
      'DELETE FROM reshapes',
      "UPDATE reshapes SET statement = 'x'",
      'DELETE FROM cluster',
      'DELETE FROM events',
      "UPDATE events SET event = '{}'",
      "INSERT INTO grants VALUES (0, 1, 'x', '{}')",
    ]) {
      expect(() => state.storage.sql.exec(statement), statement).toThrow()
    }
  })
})

test('[RG11] decisions and refusals are in the chain, which shows any change', async () => {
  const [a, b] = await threeNodes(fresh())
  await a.report()
  await b.claim(REFUSED)
  const events = await eventsOf(a.cluster, 2)
  const kinds = events.map(({ event }) => (event as { event: string }).event)
  expect(kinds).toEqual([
    'created',
    'member-added',
    'granted',
    'member-added',
    'member-added',
    'reshaped',
    'claim-refused',
  ])
  expect(events.at(-1)?.event).toMatchObject({ who: b.node, code: 'MASTER_ALIVE', after: { epoch: 1, master: a.node } })
  expect(brokenLink(sha256, events)).toBeNull()
  const forged = events.map((each) => (each.seq === 4 ? { ...each, event: { event: 'nothing' } } : each))
  expect(brokenLink(sha256, forged)).toBe(4)
  expect(
    brokenLink(
      sha256,
      events.filter(({ seq }) => seq !== 3),
    ),
  ).toBe(3)
})

test('[RG7] an instance that was replaced cannot decide from memory', async () => {
  const [a, b] = await threeNodes(fresh())
  // Another instance of this object has moved the registry on: this one's memory is old.
  await runInDurableObject(authorityOf(a.cluster), (_object, state) => {
    state.storage.sql.exec('UPDATE cluster SET version = version + 1')
  })
  a.disconnect()
  await b.take('sessionClosed')
  expect(await b.claim(REFUSED)).toMatchObject({ ok: false, code: 'STALE_VERSION' })
})
