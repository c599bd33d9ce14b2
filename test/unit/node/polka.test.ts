/** GU7: what a lock rests on travels with it. */
import { hasPolka } from '@baton/shared/core/consensus/vote-keeper'
import { isLeading } from '@baton/shared/core/node/state'
import { expect, test } from 'vitest'
import { describeWorld } from '../../support/world/checks.ts'
import { recordIn } from '../../support/world/decoded.ts'
import type { Host } from '../../support/world/host.ts'
import { allIsWell, killCluster, startCluster, untilTurnOfC1, worldToRecover } from '../../support/world/recovering.ts'
import { keyOf } from '../../support/world/statements.ts'
import type { World } from '../../support/world/world.ts'

/** The last precommit for a block in this node's log, what stands right before it, and the block's height. */
function lockIn({ disk, state }: Host) {
  const records = disk.entries.map(recordIn)
  const at = records.findLastIndex(
    (record) => record.kind === 'vote' && record.type === 'precommit' && record.block !== null,
  )
  const [lock, before] = [records[at], records[at - 1]]
  if (lock?.kind !== 'vote' || lock.height <= state.chain.tip.height) return null
  return { lock, before }
}

/** c1 has locked a block that nobody can decide: c4 is down, and c2 and c3 do not hear each other. */
function locked(prepare: (world: World) => void = () => undefined): World {
  const world = worldToRecover()
  untilTurnOfC1(world)
  killCluster(world, 'c4')
  world.clog('c2-n1', 'c3-n1')
  prepare(world)
  world.submit('c1-n1', 'locked')
  expect(
    world.run(1_000, () => lockIn(world.host('c1-n2')) !== null),
    describeWorld(world),
  ).toBe(true)
  return world
}

test('[GU7] the prevotes that a lock rests on stand before it on the disk of every node of the sync set, and verify', () => {
  const world = locked()
  for (const node of ['c1-n1', 'c1-n2']) {
    const found = lockIn(world.host(node))!
    const { height, round, block } = found.lock
    expect(found.before).toMatchObject({ kind: 'polka', height, round, block })
    if (found.before?.kind !== 'polka') return
    expect(found.before.votes.map(({ cluster }) => cluster)).toEqual(['c1', 'c2', 'c3'])
    for (const vote of found.before.votes) {
      const signed = { ...vote, height, round, type: 'prevote', block } as const
      expect(world.signer.isVote(keyOf(`${vote.cluster}-n1` as never), signed)).toBe(true)
    }
  }
})

test('[GU7 L28] a new master can show them at once, though it has heard nobody', () => {
  const world = locked()
  const { round, block } = lockIn(world.host('c1-n2'))!.lock
  const heir = world.host('c1-n2')
  for (const node of world.hosts.keys()) if (!node.startsWith('c1')) world.cut('c1-n2', node)
  world.kill('c1-n1')
  expect(
    world.run(3_000, () => isLeading(heir.state)),
    describeWorld(world),
  ).toBe(true)
  const { consensus } = heir.state
  expect(consensus).toMatchObject({ kind: 'running', locked: { round, block } })
  if (consensus.kind === 'running') expect(hasPolka(consensus.votes, round, block!)).toBe(true)
  for (const node of world.hosts.keys()) if (!node.startsWith('c1')) world.mend('c1-n2', node)
  world.mend('c2-n1', 'c3-n1')
  startCluster(world, 'c4')
  world.start('c1-n1')
  allIsWell(world)
})

test('[GU7, PV2] nothing is written that a linked node of the cluster with an older program could not read', () => {
  const world = locked((older) => {
    older.host('c1-n1').feed({ i: 'link', peer: 'c1-n3' as never, cluster: 'c1' as never, up: true, older: true })
    older.run(5)
  })
  expect(lockIn(world.host('c1-n2'))?.before?.kind).not.toBe('polka')
})
