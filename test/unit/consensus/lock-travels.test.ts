import type { ClusterId, Hash } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { A, B, C1, C2, C3, C4, CLUSTERS, HEIGHT, round } from './bench.ts'
import { isGood, type Message, SimulatedCluster } from './simulated-cluster.ts'

const GOOD_A = `good ${A}` as Hash
const GOOD_B = `good ${B}` as Hash

/**
 * c1 proposes A; c1, c2 and c3 precommit it, and only c1 learns so: it decides. Then c2 and c3 get new masters, c1 falls
 * silent, and c4, which has heard nothing, goes on with the two new masters for a while.
 */
function decideThenSwitch(lockTravels: boolean) {
  const all = new Map(CLUSTERS.map((id) => [id, new SimulatedCluster(id, { clusters: CLUSTERS, lockTravels })]))
  const at = (id: ClusterId) => all.get(id)!
  const deliver = (messages: readonly Message[], to: readonly ClusterId[]) => {
    for (const id of to) for (const message of messages) at(id).give(message)
  }
  at(C1).give({ kind: 'work' })
  at(C1).give({ kind: 'value', height: HEIGHT, round: round(0), block: GOOD_A })
  const trio = [C1, C2, C3]
  const proposals = at(C1).hold()
  deliver(proposals, trio)
  const prevotes = trio.flatMap((id) => at(id).hold())
  deliver(prevotes, trio)
  const precommits = trio.flatMap((id) => at(id).hold())
  deliver(precommits, [C1])
  expect(at(C1).decision).toBe(GOOD_A)

  const rest = [C2, C3, C4]
  at(C2).replaceMaster(0)
  at(C3).replaceMaster(0)
  for (const id of rest) at(id).give({ kind: 'work' })
  for (let turn = 0; turn < 20; turn += 1) {
    for (const id of rest) {
      const asked = at(id).valuesAsked.shift()
      if (asked !== undefined) at(id).give({ kind: 'value', height: HEIGHT, round: asked, block: GOOD_B })
      deliver(at(id).hold(), rest)
    }
    if (turn % 4 === 3) for (const id of rest) for (const name of [...at(id).timers.keys()]) at(id).fire(name)
  }
  const decisions = () => CLUSTERS.map((id) => at(id).decision)
  return { decisions, healWithEarlyMessages: () => deliver([...proposals, ...prevotes, ...precommits], rest) }
}

test('[GU7] a lock that travels keeps new masters from deciding another block', () => {
  expect(isGood(GOOD_B)).toBe(true)
  const network = decideThenSwitch(true)
  expect(network.decisions()).toEqual([GOOD_A, null, null, null])
  network.healWithEarlyMessages()
  expect(network.decisions()).toEqual([GOOD_A, GOOD_A, GOOD_A, GOOD_A])
})

test('[GU7] negative control: new masters without the lock decide another block', () => {
  expect(decideThenSwitch(false).decisions()).toEqual([GOOD_A, GOOD_B, GOOD_B, GOOD_B])
})
