import { describe, expect, test } from 'vitest'
import { CLUSTERS, NETWORK } from './network.ts'
import { act, eventsOf, view } from './operator-client.ts'
import { threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!

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
