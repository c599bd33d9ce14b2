import { signStatement } from '@baton/shared/crypto/statements'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { CLUSTERS, NETWORK, POLICY } from './network.ts'
import { TestNode, threeNodes } from './test-node.ts'

const AFTER = POLICY.recoverAfterMs

/** What a master says of the votes of another cluster, and of nothing else. */
async function tell(master: TestNode, about: TestNode, forMs: number): Promise<void> {
  const { generation, epoch } = master.known
  const base = { network: NETWORK, cluster: master.cluster, generation, epoch, node: master.node }
  const payload = { ...base, results: [], heard: [{ cluster: about.cluster, forMs }] }
  master.send({ t: 'results', report: await signStatement('resultReport', payload, master.keys.privateKey) })
}

test('[RG6] a cluster that lost its sync set, and of which no other cluster hears a vote, is granted as recovering', async () => {
  const others = await Promise.all(CLUSTERS.slice(1).map((cluster) => TestNode.online(cluster, 'a')))
  const [a, b, c] = await threeNodes(CLUSTERS[0])
  a.disconnect()
  b.disconnect()
  const lost = { kind: 'lost', forMs: AFTER } as const
  expect(await c.claim(lost)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  await new Promise((resolve) => setTimeout(resolve, AFTER))
  await c.report()
  expect(await c.claim(lost)).toMatchObject({ ok: false, why: expect.stringContaining('elsewhere') })
  for (const master of others) await tell(master, c, AFTER)
  const granted = await eventually(async () => {
    for (const master of others) await tell(master, c, AFTER)
    const reply = await c.claim(lost)
    if (!reply.ok) throw new Error(reply.why)
    return reply
  }, 50)
  const lastClean = { token: { generation: 0, epoch: 1 }, syncSet: [a.node, b.node] }
  expect(granted.state).toMatchObject({ epoch: 2, master: c.node, syncSet: [c.node], recovering: true, lastClean })
  const by = { kind: 'height', height: 9 } as const
  expect(await c.ask({ t: 'recovered', token: c.known, by })).toMatchObject({ ok: true, state: { recovering: false } })
})
