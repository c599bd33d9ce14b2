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
  return CLUSTERS.map((id) => at(id).decision)
}

test('[GU7] a lock that travels makes new masters decide the same block, and no other', () => {
  expect(isGood(GOOD_B)).toBe(true)
  expect(decideThenSwitch(true)).toEqual([GOOD_A, GOOD_A, GOOD_A, GOOD_A])
})

/**
 * c1 proposes A; c1, c2 and c3 prevote it, but what c3 says reaches only c2, which locks A. Then c3 is gone for good, and c2 gets a new master:
 * nobody is left who could show the polka of its lock.
 */
test('[GU7] a lock whose polka nobody can show any more does not hold up the height', () => {
  const all = new Map(CLUSTERS.map((id) => [id, new SimulatedCluster(id, { clusters: CLUSTERS, lockTravels: true })]))
  const at = (id: ClusterId) => all.get(id)!
  const deliver = (messages: readonly Message[], to: readonly ClusterId[]) => {
    for (const id of to) for (const message of messages) at(id).give(message)
  }
  at(C1).give({ kind: 'work' })
  at(C1).give({ kind: 'value', height: HEIGHT, round: round(0), block: GOOD_A })
  deliver(at(C1).hold(), [C1, C2, C3])
  const prevotes = new Map([C1, C2, C3].map((id) => [id, at(id).hold()]))
  for (const from of [C1, C2, C3]) deliver(prevotes.get(from)!, [C2])
  const precommit = at(C2).hold()
  expect(at(C2).state).toMatchObject({ locked: { round: 0, block: GOOD_A } })

  const rest = [C1, C2, C4]
  deliver([...prevotes.get(C1)!, ...prevotes.get(C2)!, ...precommit], rest)
  at(C2).replaceMaster(0)
  for (const id of rest) at(id).give({ kind: 'work' })
  deliver([...prevotes.get(C1)!, ...prevotes.get(C2)!, ...precommit], [C2])
  for (let turn = 0; turn < 80; turn += 1) {
    for (const id of rest) {
      const asked = at(id).valuesAsked.shift()
      if (asked !== undefined) at(id).give({ kind: 'value', height: HEIGHT, round: asked, block: GOOD_B })
      deliver(at(id).hold(), rest)
    }
    if (turn % 4 === 3) for (const id of rest) for (const name of [...at(id).timers.keys()]) at(id).fire(name)
  }
  expect(rest.map((id) => at(id).decision)).toEqual([GOOD_A, GOOD_A, GOOD_A])
})

/**
 * c1 locks A in round 0 and c2 locks B in round 1, each on prevotes that nobody else has all of: those of c4 reach only them. Then c4 is gone for
 * good and c2 gets a new master. Only B can be decided, by c1 too, and c1 may not prevote it without its polka.
 */
function twoLocks(polkasTravel: boolean) {
  const setting = { clusters: CLUSTERS, lockTravels: true, polkasTravel }
  const all = new Map(CLUSTERS.map((id) => [id, new SimulatedCluster(id, setting)]))
  const at = (id: ClusterId) => all.get(id)!
  const deliver = (messages: readonly Message[], to: readonly ClusterId[]) => {
    for (const id of to) for (const message of messages) at(id).give(message)
  }
  const fire = (name: string, ids: readonly ClusterId[]) => {
    for (const id of ids) at(id).fire(`consensus.${name}`)
  }
  const held = (ids: readonly ClusterId[]) => new Map(ids.map((id) => [id, at(id).hold()]))

  for (const id of CLUSTERS) at(id).give({ kind: 'work' })
  at(C1).give({ kind: 'value', height: HEIGHT, round: round(0), block: GOOD_A })
  deliver(at(C1).hold(), [C1, C3, C4])
  fire('propose', [C2])
  const first = held(CLUSTERS)
  deliver([...first.get(C3)!, ...first.get(C4)!], [C1])
  expect(at(C1).state).toMatchObject({ locked: { round: 0, block: GOOD_A } })
  deliver([...first.get(C1)!, ...first.get(C3)!], [C2])
  deliver([...first.get(C1)!, ...first.get(C2)!], [C3, C4])
  fire('prevote', [C2, C3, C4])
  for (const messages of held(CLUSTERS).values()) deliver(messages, CLUSTERS)
  fire('precommit', [C1, C3, C4])

  at(C2).give({ kind: 'value', height: HEIGHT, round: round(1), block: GOOD_B })
  deliver(at(C2).hold(), CLUSTERS)
  const second = held(CLUSTERS)
  deliver([...second.get(C3)!, ...second.get(C4)!], [C2])
  expect(at(C2).state).toMatchObject({ locked: { round: 1, block: GOOD_B } })
  at(C2).hold()
  deliver([...second.get(C1)!, ...second.get(C2)!], [C1, C3])

  const rest = [C1, C2, C3]
  at(C2).replaceMaster(0)
  for (let turn = 0; turn < 200; turn += 1) {
    for (const id of rest) {
      const asked = at(id).valuesAsked.shift()
      if (asked !== undefined) at(id).give({ kind: 'value', height: HEIGHT, round: asked, block: GOOD_A })
      deliver(at(id).hold(), rest)
    }
    // What a waiting master is sent when it asks.
    if (turn % 4 === 1) for (const id of rest) deliver(at(id).resend(), rest)
    if (turn % 4 === 3) for (const id of rest) for (const name of [...at(id).timers.keys()]) at(id).fire(name)
  }
  return rest.map((id) => at(id).decision)
}

test('[GU7] of two locks the later one is shown by the new master of its cluster, and the height ends', () => {
  expect(twoLocks(true)).toEqual([GOOD_B, GOOD_B, GOOD_B])
})

test('[GU7] negative control: without what the lock rests on in the log the height never ends', () => {
  expect(twoLocks(false)).toEqual([null, null, null])
})

test('[GU7] negative control: new masters without the lock decide another block', () => {
  expect(decideThenSwitch(false)).toEqual([GOOD_A, GOOD_B, GOOD_B, GOOD_B])
})
