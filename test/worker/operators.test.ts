import type { OperatorAction } from '@baton/shared/core/registry/messages'
import { OPERATOR_ROLES, type OperatorRole } from '@baton/shared/crypto/statement-types'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { describe, expect, test } from 'vitest'
import { ACTS } from '../../worker/src/routes/act-table.ts'
import { CLUSTERS, NETWORK } from './network.ts'
import { act, bearer, eventsOf, operatorToken, view } from './operator-client.ts'
import { clusterUrl, get, ORIGIN, TestNode, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const UNAUTHENTICATED = { error: 'UNAUTHENTICATED', remedy: expect.stringContaining('baton operator create') }

/** A body of each act that the schema lets through. */
const BODIES: { readonly [Name in OperatorAction['act']]: object } = {
  order: { id: 'o-1', node: 'c1-a' },
  evict: { id: 'o-1', node: 'c1-a' },
  clear: { node: 'c1-a' },
  switchover: { id: 's-1' },
  'cancel-switchover': {},
  pause: { forMs: 60_000 },
  resume: {},
  'confirm-fenced': {},
  'allow-data-loss': { node: 'c1-a' },
  'end-recovery': {},
  freeze: {},
  'raise-generation': { generation: 1 },
  'accept-incomplete-restore': {},
}
const NAMES = Object.keys(BODIES) as OperatorAction['act'][]

async function statusOf(cluster: ClusterId): Promise<unknown> {
  return (await get(clusterUrl(cluster))).json()
}

describe('who may', () => {
  const cluster = fresh()

  test('[ID7] nobody acts without a token that the owner of the cluster has signed; each attempt is an event', async () => {
    await TestNode.online(cluster, 'a')
    const before = await statusOf(cluster)
    const wrong: readonly [string, string | null][] = [
      ['none', null],
      ['no token at all', 'abc'],
      ['of a stranger', await operatorToken(cluster, 'owner', {}, 'a stranger')],
      ['of the authority', await operatorToken(cluster, 'owner', {}, 'authority')],
      ['of another owner', await operatorToken(cluster, 'owner', {}, `owner ${CLUSTERS[11]}`)],
      ['of a node', await operatorToken(cluster, 'owner', {}, `node ${cluster}-a`)],
      ['expired', await operatorToken(cluster, 'owner', { expiresAt: 1 as never })],
      ['of another network', await operatorToken(cluster, 'owner', { network: 'other' as never })],
    ]
    for (const [what, token] of wrong) {
      const answer = await act(cluster, 'freeze', {}, token)
      expect(answer.status, what).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(await answer.json(), what).toMatchObject(UNAUTHENTICATED)
    }
    expect(await statusOf(cluster)).toMatchObject({ state: (before as { state: object }).state })
    const refused = (await eventsOf(cluster)).filter(({ event }) => event === 'operator-refused')
    expect(refused).toHaveLength(wrong.length)
    for (const event of refused) {
      const call = `POST /v1/networks/${NETWORK}/clusters/${cluster}/acts/freeze`
      expect(event).toMatchObject({ who: 'unknown', code: 'UNAUTHENTICATED', evidence: { kind: 'call', call } })
    }
  })

  test('[ID7] a token of another cluster is worth nothing here, and the event has the name', async () => {
    const foreign = await operatorToken(CLUSTERS[11]!, 'owner', { name: 'Mallory' })
    const answer = await act(cluster, 'freeze', {}, foreign)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: 'FORBIDDEN', message: expect.stringContaining('Mallory') })
    expect((await eventsOf(cluster)).at(-1)).toMatchObject({ event: 'operator-refused', code: 'FORBIDDEN' })
  })

  test.each(NAMES)(
    '[ID7] %s needs its role: those below are refused by name, with an event, and change nothing',
    async (name) => {
      const place = OPERATOR_ROLES.indexOf(ACTS[name].role)
      expect(place).toBeGreaterThan(0)
      const before = await statusOf(cluster)
      for (const role of OPERATOR_ROLES.slice(0, place)) {
        const answer = await act(cluster, name, BODIES[name], await operatorToken(cluster, role))
        expect(answer.status).toBe(403)
        expect(await answer.json()).toMatchObject({
          error: 'FORBIDDEN',
          message: expect.stringContaining(ACTS[name].role),
        })
      }
      expect(await statusOf(cluster)).toMatchObject({ state: (before as { state: object }).state })
      // From its role on the request reaches the registry, which may have its own reasons.
      for (const role of OPERATOR_ROLES.slice(place)) {
        const answer = await act(cluster, name, { ...BODIES[name], dryRun: true }, await operatorToken(cluster, role))
        expect([200, 400, 404, 409]).toContain(answer.status)
      }
    },
  )

  test('[ID7] what can lose data or give a cluster a second memory is for owners, all else for operators', () => {
    const forOwners = NAMES.filter((name) => ACTS[name].role === 'owner').sort()
    expect(forOwners).toEqual(['accept-incomplete-restore', 'allow-data-loss', 'end-recovery', 'raise-generation'])
    expect(NAMES.filter((name) => ACTS[name].role === 'viewer')).toEqual([])
  })

  test('[ID7] any role reads events, explanation and figures; nobody else does', async () => {
    const paths = ['/events', '/explain', '/metrics']
    for (const path of paths) {
      expect((await get(clusterUrl(cluster, path))).status).toBe(401)
      for (const role of OPERATOR_ROLES as readonly OperatorRole[]) {
        const headers = bearer(await operatorToken(cluster, role))
        expect((await get(clusterUrl(cluster, path), { headers })).status).toBe(200)
      }
    }
    const network = `${ORIGIN}/v1/networks/${NETWORK}/events`
    expect((await get(network)).status).toBe(401)
    expect((await get(network, { headers: bearer(await operatorToken(cluster, 'viewer')) })).status).toBe(200)
  })

  test('[ID7] a flood of refused calls fills the log to a bound in a minute, and the rest is counted', async () => {
    const flooded = fresh()
    for (let call = 0; call < LIMITS.refusedCallsPerMinute + 15; call += 1) {
      expect((await act(flooded, 'resume', {}, null)).status).toBe(401)
    }
    const refused = (await eventsOf(flooded)).filter(({ event }) => event === 'operator-refused')
    expect(refused).toHaveLength(LIMITS.refusedCallsPerMinute)
  })
})

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

describe('looking', () => {
  test('[RG2] the explanation says in words to whom a failover would go, and what is missing', async () => {
    const [a, b, c] = await threeNodes(fresh())
    await a.report()
    type Told = { couldFailOver: boolean; to: string; lines: string[]; alerts: { code: string }[] }
    const told = async () => (await view(a.cluster, '/explain')).json<Told>()
    await expect.poll(async () => (await told()).couldFailOver).toBe(true)
    const good = await told()
    expect(good).toMatchObject({ to: b.node, alerts: [] })
    expect(good.lines[0]).toMatch(`Yes: if ${a.node} dies, ${b.node} takes over at once`)
    b.disconnect()
    await c.take('sessionClosed')
    const bad = await told()
    expect(bad).toMatchObject({ couldFailOver: false, to: null, alerts: [{ code: 'no-failover' }] })
    expect(bad.lines[0]).toMatch(`NO: if ${a.node} died now, nobody would take over`)
    expect(bad.lines.join(' ')).toContain(`${b.node} could not take over: it has no session here`)
  })

  test('[RG11] who follows the log is answered with the next event, at once', async () => {
    const [a] = await threeNodes(fresh())
    const last = (await eventsOf(a.cluster)).length
    const asked = performance.now()
    const next = view(a.cluster, `/events?after=${last}&wait=20`)
    await act(a.cluster, 'pause', { forMs: 60_000 })
    const page = await (await next).json<{ events: { event: { event: string } }[] }>()
    expect(page.events.map(({ event }) => event.event)).toEqual(['paused'])
    expect(performance.now() - asked).toBeLessThan(10_000)
    expect(await (await view(a.cluster, `/events?after=${last + 1}&wait=1`)).json()).toMatchObject({ events: [] })
    expect((await view(a.cluster, '/events?wait=3600')).status).toBe(400)
  })

  test('the figures are in the text format of Prometheus, with a gauge for each alert', async () => {
    const [a, b] = await threeNodes(fresh())
    await act(a.cluster, 'evict', { id: 'e-1', node: b.node })
    const text = await (await view(a.cluster, '/metrics')).text()
    const labels = `network="${NETWORK}",cluster="${a.cluster}"`
    expect(text).toContain(`baton_cluster_epoch{${labels}} 1\n`)
    expect(text).toContain(`baton_cluster_barred_nodes{${labels}} 1\n`)
    expect(text).toContain(`baton_cluster_can_fail_over{${labels}} 0\n`)
    expect(text).toContain(`baton_alert{${labels},code="no-failover"} 1\n`)
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) baton_\w+ .+|baton_\w+\{[^}]*\} -?\d+(\.\d+)?)$/)
    }
  })
})
