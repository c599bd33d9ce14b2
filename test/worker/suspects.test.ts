import { beforeAll, expect, test } from 'vitest'
import { agree, allMasters, authority, bring, eventsOf, F, findingsOf, twoVotes } from './audited.ts'
import { eventually } from './eventually.ts'
import { TestNode } from './test-node.ts'

let masters: readonly TestNode[]
const SUSPECTS = F + 1

beforeAll(async () => {
  masters = await allMasters()
})

async function ordersOf({ cluster }: TestNode): Promise<readonly unknown[]> {
  const status = await authority(cluster).status(cluster)
  return status.ok ? (status.value.state?.orders ?? []) : []
}

test('[NW5] with more than f clusters over the threshold none is ordered any more, and there is one alert', async () => {
  const suspects = masters.slice(0, SUSPECTS)
  const bringer = masters[SUSPECTS]!
  const prove = async (against: TestNode, height: number) => {
    const found = await findingsOf(bringer, { evidence: [await twoVotes(against, height)] })
    expect(await bring('findings', found, bringer)).toEqual({ ok: true, value: null })
  }
  for (const suspect of suspects) for (const height of [1, 2, 3]) await prove(suspect, height)
  // The first was alone when it passed: nobody can take over from it, so its order stands while the others pass.
  const [first, ...rest] = suspects
  await eventually(async () => expect(await ordersOf(first!)).toHaveLength(1))
  expect(await eventsOf('threshold-passed')).toHaveLength(SUSPECTS)
  expect(await eventsOf('too-many-suspects')).toMatchObject([
    { clusters: suspects.map(({ cluster }) => cluster).sort() },
  ])
  const standby = await TestNode.online(first!.cluster, 'b')
  await first!.seeState((state) => state.members.length === 2)
  expect(await first!.reshape([first!.node, standby.node])).toMatchObject({ ok: true })
  await standby.report()
  const { orders } = await standby.seeState((state) => state.syncSet.length === 2)
  expect(await standby.claim({ kind: 'ordered', order: orders[0]!.id })).toMatchObject({ ok: true })
  await eventually(async () => expect(await eventsOf('order-ended')).toHaveLength(1))
  await prove(rest[0]!, 4)
  await agree(masters.slice(SUSPECTS), 5)
  for (const suspect of rest) expect(await ordersOf(suspect)).toEqual([])
  expect(await eventsOf('order-given')).toHaveLength(1)
  expect(await eventsOf('too-many-suspects')).toHaveLength(1)
})
