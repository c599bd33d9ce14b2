import type { UnixMs } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { CLUSTERS, keyOf, POLICY } from './network.ts'
import { TestNode } from './test-node.ts'

const [C1, C2, C3, C4, C5, C6, C7, C8] = CLUSTERS as [never, ...never[]] as unknown as typeof CLUSTERS

test('[ID5, RG2] a node that answers the challenge gets a welcome; the founder holds epoch 1', async () => {
  const founder = await TestNode.make(C1!, 'a')
  await founder.open()
  const proof = await founder.hello()
  const welcome = await founder.take('welcome')
  expect(proof.split('.')).toHaveLength(3)
  expect(welcome.state).toMatchObject({ epoch: 1, master: founder.node, syncSet: [founder.node] })
  expect(welcome.graceMs).toBeLessThanOrEqual(POLICY.startupGraceMs)
})
