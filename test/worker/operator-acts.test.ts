import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { CLUSTERS } from './network.ts'
import { act, eventsOf } from './operator-client.ts'
import { clusterUrl, get, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!

async function statusOf(cluster: ClusterId): Promise<unknown> {
  return (await get(clusterUrl(cluster))).json()
}

describe('acts', () => {
  test('[RG9] a forced switch: the order bars the master, the standby takes over, clear lifts the bar; all of it is in the log', async () => {
    const [a, b] = await threeNodes(fresh())
    const ordered = await act(a.cluster, 'order', { id: 'o-1', node: a.node, why: 'wrong results' })
    expect(ordered.status).toBe(200)
    expect(await ordered.json()).toMatchObject({
      ok: true,
      dryRun: false,
      state: { bars: [a.node], quarantine: [{ node: a.node, cause: 'operator', why: 'wrong results' }] },
      events: [{ event: 'ordered' }],
    })
    await b.seeState((state) => state.orders.length === 1)
    expect(await b.claim({ kind: 'ordered', order: 'o-1' })).toMatchObject({ ok: true, state: { master: b.node } })
    const repeated = await act(a.cluster, 'order', { id: 'o-1', node: a.node })
    expect(await repeated.json()).toMatchObject({ ok: true, events: [{ event: 'operator-repeated' }] })
    expect((await act(a.cluster, 'clear', { node: a.node })).status).toBe(200)
    await b.seeState((state) => state.bars.length === 0 && state.quarantine?.length === 0)
    const kinds = (await eventsOf(a.cluster)).map(({ event }) => event)
    expect(kinds.slice(-4)).toEqual(['ordered', 'granted', 'operator-repeated', 'bar-lifted'])
    const [event] = (await eventsOf(a.cluster)).filter((each) => each.event === 'ordered')
    expect(event).toMatchObject({
      who: 'ann the owner',
      why: 'wrong results',
      evidence: { kind: 'operator', action: { act: 'order', id: 'o-1' }, role: 'owner', token: 'token-of-owner' },
    })
  })

  test('[RG9] a master that was away gets the order with its next session; the order stands on disk', async () => {
    const [a, b] = await threeNodes(fresh())
    await act(a.cluster, 'pause', { forMs: 60_000 })
    a.disconnect()
    await b.take('sessionClosed')
    await act(a.cluster, 'order', { id: 'o-1', node: a.node })
    const welcome = await a.connect()
    expect(welcome.state).toMatchObject({ orders: [{ id: 'o-1', node: a.node }], bars: [a.node] })
    // A report made against an older version is answered with the state again.
    expect((await a.report()).version).toBe(welcome.state?.version)
  })

  test('[EL8] a planned switchover: told to all, claimed by the standby that it names, nobody barred', async () => {
    const [a, b] = await threeNodes(fresh())
    const asked = await act(a.cluster, 'switchover', { id: 's-1', to: b.node })
    expect(await asked.json()).toMatchObject({ ok: true, state: { switchover: { to: b.node, due: true } } })
    await b.seeState((state) => state.switchover?.due === true)
    await a.report()
    const claimed = await b.claim({ kind: 'planned', switchover: 's-1' })
    expect(claimed).toMatchObject({ ok: true, state: { master: b.node, bars: [], switchover: null } })
    expect((await eventsOf(a.cluster)).slice(-2).map(({ event }) => event)).toEqual(['granted', 'switchover-done'])
  })

  test('[EL8] what cannot be done is 409 with the reason and the state; what does not exist is 404', async () => {
    const [a, , c] = await threeNodes(fresh())
    const outside = await act(a.cluster, 'switchover', { id: 's-1', to: c.node })
    expect(outside.status).toBe(409)
    const why = `${c.node} is not in the sync set`
    expect(await outside.json()).toMatchObject({ error: 'NOT_ELECTABLE', message: why, state: { master: a.node } })
    expect((await act(a.cluster, 'clear', { node: 'c1-zz' })).status).toBe(200)
    expect((await act(a.cluster, 'order', { id: 'o-9', node: 'c1-zz' })).status).toBe(404)
    const stale = await act(a.cluster, 'order', { id: 'o-9', node: a.node, against: 1 })
    expect(stale.status).toBe(409)
    expect(await stale.json()).toMatchObject({ error: 'STALE_VERSION' })
  })

  test('[RG10] a pause holds an election back, and its end frees it', async () => {
    const [a, b] = await threeNodes(fresh())
    await act(a.cluster, 'pause', { forMs: 60_000, why: 'firewall work' })
    await b.seeState((state) => state.pause !== null)
    a.disconnect()
    await b.take('sessionClosed')
    const held = await b.claim({ kind: 'refused' })
    expect(held).toMatchObject({ ok: false, code: 'PAUSED', why: expect.stringContaining('firewall work') })
    await act(a.cluster, 'resume')
    await b.seeState((state) => state.pause === null)
    expect(await b.claim({ kind: 'refused' })).toMatchObject({ ok: true, state: { master: b.node } })
  })

  test('a dry run says what would come of it and changes nothing, not even the log', async () => {
    const [a] = await threeNodes(fresh())
    const before = await statusOf(a.cluster)
    const events = (await eventsOf(a.cluster)).length
    const answer = await act(a.cluster, 'order', { id: 'o-1', node: a.node, dryRun: true })
    expect(await answer.json()).toMatchObject({
      dryRun: true,
      state: { bars: [a.node] },
      events: [{ event: 'ordered' }],
    })
    expect((await act(a.cluster, 'end-recovery', { dryRun: true })).status).toBe(200)
    expect(await statusOf(a.cluster)).toMatchObject({ state: (before as { state: object }).state })
    expect(await eventsOf(a.cluster)).toHaveLength(events)
  })

  test('[RG8] a registry without a master is frozen and restored through the same routes, and answered', async () => {
    const cluster = fresh()
    const frozen = await act(cluster, 'freeze')
    expect(await frozen.json()).toMatchObject({ ok: true, state: null, events: [{ event: 'frozen' }] })
    expect((await act(cluster, 'raise-generation', { generation: 1 })).status).toBe(200)
    expect((await act(cluster, 'pause', { forMs: 1 })).status).toBe(409)
  })

  test('a bad body is refused by its schema before the registry hears of it', async () => {
    const cluster = fresh()
    for (const [name, body] of [
      ['order', { id: 'o-1' }],
      ['pause', { forMs: -1 }],
      ['pause', { forMs: LIMITS.pauseMs + 1 }],
      ['freeze', { why: ' ' }],
      ['freeze', { why: 'x'.repeat(LIMITS.operatorTextCharacters + 1) }],
      ['clear', { node: 'NO NAME' }],
    ] as const) {
      const answer = await act(cluster, name, body)
      expect(answer.status, JSON.stringify(body)).toBe(400)
      expect(await answer.json()).toMatchObject({ error: 'BAD_REQUEST' })
    }
  })
})
