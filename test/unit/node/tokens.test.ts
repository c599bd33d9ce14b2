import { decodeCertificate } from '@baton/shared/codec/certificate'
import { decodeRecord } from '@baton/shared/codec/record'
import { mastershipOfVote } from '@baton/shared/core/node/screen'
import type { ClusterId, Epoch, Generation, Height, NodeId, Round } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { tellRejected } from '../../../node-runtime/src/daemon/rejected-inputs.ts'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { epochOf, settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import { openCredential } from '../../support/world/statements.ts'
import type { World } from '../../support/world/world.ts'

const C2 = 'c2' as ClusterId

function handOver(world: World, cluster: string, epoch: number): void {
  expect(
    world.run(3_000, () => syncSetOf(world, cluster).length > 1),
    describeWorld(world),
  ).toBe(true)
  world.run(200)
  world.masterOf(cluster)!.feed({ i: 'resign', to: null, leaving: false })
  expect(
    world.run(3_000, () => epochOf(world, cluster) === epoch),
    describeWorld(world),
  ).toBe(true)
}

/** Tokens of other clusters in a node's log, as `cluster epoch`; only what was written under `under`, when given. */
function tokensInLog(host: Host, under?: number): readonly string[] {
  return host.disk.entries.flatMap(({ kind, body, token }) => {
    const record = decodeRecord(kind, body)
    if (under !== undefined && token.epoch !== under) return []
    if (!record.ok || record.value.kind !== 'token') return []
    const grant = openCredential(record.value.credential)
    return grant === null ? [] : [`${grant.mastership.cluster} ${grant.mastership.epoch}`]
  })
}

function isolate(world: World, node: string): void {
  world.cutEdge(node)
  for (const other of world.hosts.keys()) if (other !== node) world.cut(node, other)
}

test('[NW1] what a master learns of another cluster is in its log, and so in that of its standby', () => {
  const world = settledWorld()
  handOver(world, 'c2', 2)
  world.run(500)
  expect(tokensInLog(world.host('c1-n1'))).toContain('c2 2')
  expect(tokensInLog(world.host('c1-n2'))).toContain('c2 2')
})

test('[NW1] a new master writes down what it learned of other clusters while it followed', () => {
  const world = settledWorld()
  world.kill('c1-n1')
  expect(
    world.run(3_000, () => world.masterOf('c1')?.node === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  world.run(200)
  expect(tokensInLog(world.host('c1-n2'), 2).toSorted()).toEqual(['c2 1', 'c3 1', 'c4 1'])
})

test('[NW1] a node that dies before it has verified a token in its log knows it after a restart', () => {
  const world = settledWorld()
  handOver(world, 'c2', 2)
  world.run(500)
  const host = world.host('c1-n2')
  world.kill(host.node)
  host.disk.masterships.delete(C2)
  isolate(world, host.node)
  world.start(host.node)
  world.run(20)
  expect(host.state.masterships.get(C2)?.epoch).toBe(2)
  expect(host.disk.masterships.get(C2)?.epoch).toBe(2)
})

test('[NW1 NW2] a block that names an older mastership takes back nothing, on disk neither', () => {
  const world = settledWorld()
  const host = world.host('c1-n3')
  world.kill(host.node)
  handOver(world, 'c2', 2)
  submitsUntilAcknowledged(world, 1)
  handOver(world, 'c2', 3)
  world.start(host.node)
  expect(
    world.run(3_000, () => host.state.chain.tip.height === world.host('c1-n1').state.chain.tip.height),
    describeWorld(world),
  ).toBe(true)
  world.run(100)
  expect(host.state.masterships.get(C2)?.epoch).toBe(3)
  expect(host.disk.masterships.get(C2)?.epoch).toBe(3)
})

test('[NW1 NW2] a master that was cut off steps down as soon as anybody shows it the higher grant', () => {
  const world = settledWorld()
  isolate(world, 'c1-n1')
  expect(
    world.run(5_000, () => world.masterOf('c1')?.node === 'c1-n2'),
    describeWorld(world),
  ).toBe(true)
  expect(world.host('c1-n1').state.guard.role.role).toBe('leading')
  // Not its cluster, not the edge: a master of another cluster tells it.
  world.mend('c1-n1', 'c3-n1')
  world.run(50)
  expect(world.host('c1-n1').state.guard.role.role).toBe('following')
  expect(violations(world)).toEqual([])
})

test('[EL5] a grant of long ago, delivered once more after a restart, makes nobody master', () => {
  const world = settledWorld()
  const host = world.host('c1-n1')
  const old = openCredential(host.state.masterships.get('c1' as ClusterId)!.credential)!
  handOver(world, 'c1', 2)
  world.kill(host.node)
  world.start(host.node)
  world.run(100)
  host.feed({ i: 'granted', from: null, grants: [old] })
  world.run(300)
  expect(host.state.guard.role.role).toBe('following')
  expect(host.disk.own).toMatchObject({ node: 'c1-n2', token: { epoch: 2 } })
  expect(world.rejected.some(({ node, why }) => node === host.node && why.startsWith('granted'))).toBe(true)
  const brought = { i: 'granted', from: 'c1-n2' as NodeId, grants: [old] } as const
  host.feed(brought)
  const { code, why } = world.rejected.at(-1)!
  const told: unknown[] = []
  const ports = {
    metrics: { add: () => {} },
    refusals: { refused: (one: unknown) => told.push(one) },
    log: { debug: () => {} },
  }
  tellRejected(ports, { code: code!, why }, brought)
  expect(told).toMatchObject([{ event: 'peer-message-refused', source: 'c1-n2', code: 'LOWER_TOKEN' }])
  expect(violations(world)).toEqual([])
})

test('[NW3 GU7] after a switch the cluster votes once more for what it voted for, never for something else', () => {
  for (const at of [0, 1, 2, 3, 4, 5, 6, 8, 10, 15]) {
    const world = settledWorld({ commitMs: 1, seed: 100 + at })
    for (let n = 0; n < 5; n++) world.submit('c1-n1', `k${n}`)
    world.run(at)
    world.kill('c1-n1')
    expect(
      world.run(3_000, () => epochOf(world, 'c1') === 2),
      describeWorld(world),
    ).toBe(true)
    submitsUntilAcknowledged(world, 2)
    expect(violations(world)).toEqual([])
  }
})

/**
 * Found by a seed: a cluster that lies kept its switch from one other and voted there under its old token. That one locked a block, and the
 * rest, which knew the new token, refused the vote that the lock rests on: no polka could ever be shown, and the height never ended.
 */
test('[NW3] a vote under the token before a clean one counts, one before a token that this node missed does not', () => {
  const world = settledWorld()
  const host = world.host('c1-n1')
  const voteUnder = (epoch: number) => ({
    cluster: C2,
    generation: 0 as Generation,
    epoch: epoch as Epoch,
    height: (host.state.chain.tip.height + 1) as Height,
    round: 0 as Round,
    type: 'prevote' as const,
    block: null,
    signature: new Uint8Array(64),
  })
  const signerOf = (epoch: number) => mastershipOfVote(host.state, voteUnder(epoch))?.node
  handOver(world, 'c2', 2)
  world.run(100)
  expect([signerOf(1), signerOf(2), signerOf(3)]).toEqual(['c2-n1', 'c2-n2', undefined])

  // The chain names token 2 from now on.
  submitsUntilAcknowledged(world, 1)
  expect([signerOf(1), signerOf(2)]).toEqual([undefined, 'c2-n2'])

  // RG8: a restored registry counts on in a higher generation (seed 20022122).
  const known = host.state.masterships.get(C2)!
  const restoredAt = (epoch: number) => ({ ...known, generation: 1 as Generation, epoch: epoch as Epoch })
  const after = (epoch: number) => ({
    ...host.state,
    masterships: new Map(host.state.masterships).set(C2, restoredAt(epoch)),
  })
  expect(mastershipOfVote(after(3), voteUnder(2))?.node).toBe('c2-n2')
  expect(mastershipOfVote(after(4), voteUnder(2))).toBe(null)

  isolate(world, 'c1-n1')
  handOver(world, 'c2', 3)
  handOver(world, 'c2', 4)
  const newest = world.masterOf('c2')!.state.masterships.get(C2)!
  const missed = { ...host.state, masterships: new Map(host.state.masterships).set(C2, newest) }
  expect(mastershipOfVote(missed, voteUnder(2))).toBe(null)
  const told = { ...newest, recovering: true }
  const recovering = { ...host.state, masterships: new Map(host.state.masterships).set(C2, told) }
  expect(mastershipOfVote(recovering, voteUnder(2))).toBe(null)
})

/**
 * Found by a seed: c2 had voted under token 2, and others had locked a block on that, when it switched twice more and fell silent. The clusters
 * whose masters had been followers meanwhile knew of token 4 alone, refused that vote, and no polka could ever be shown to them.
 */
test('[NW3 GU7] votes under the tokens before a clean one count with a master that was a follower when they were replaced', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 1)
  handOver(world, 'c2', 2)
  handOver(world, 'c2', 3)
  handOver(world, 'c1', 2)
  const master = world.masterOf('c1')!
  expect(master.node).not.toBe('c1-n1')
  const vote = (epoch: number) => ({
    cluster: C2,
    generation: 0 as Generation,
    epoch: epoch as Epoch,
    height: (master.state.chain.tip.height + 1) as Height,
    round: 0 as Round,
    type: 'prevote' as const,
    block: null,
    signature: new Uint8Array(64),
  })
  const signers = () => [1, 2, 3].map((epoch) => mastershipOfVote(master.state, vote(epoch))?.node)
  expect(signers()).toEqual(['c2-n1', 'c2-n2', expect.stringMatching(/^c2/)])

  // Its process starts anew: what its predecessors knew is in the log.
  world.kill(master.node)
  world.start(master.node)
  expect(
    world.run(5_000, () => signers()[1] !== undefined),
    describeWorld(world),
  ).toBe(true)
})

test('[NW3] a master that missed a token is told of it by whoever shows votes from before it', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 1)
  for (const { node } of world.nodesOf('c4')) world.kill(node)
  for (const { node } of world.nodesOf('c1')) isolate(world, node)
  // Two of four decide nothing. c3 has what c2 voted under its first token; of the next ones it hears from their authority.
  world.submit('c2-n1', 'waits')
  world.run(200)
  for (const { node } of world.nodesOf('c2')) for (const other of world.nodesOf('c3')) world.cut(node, other.node)
  handOver(world, 'c2', 2)
  handOver(world, 'c2', 3)
  world.run(500)
  for (const { node } of world.nodesOf('c2')) world.kill(node)
  const told = () => world.masterOf('c1')?.state.superseded.map(({ cluster, epoch }) => `${cluster} ${epoch}`)
  expect(told()).toEqual([])
  for (const { node } of world.nodesOf('c1')) for (const other of world.hosts.keys()) world.mend(node, other)
  expect(
    world.run(5_000, () => told()?.includes('c2 2') === true),
    describeWorld(world),
  ).toBe(true)
  expect(violations(world)).toEqual([])
})

/**
 * Found by a seed: c1 had the precommit of c2 under token 2 when c2 switched to token 3, then decided. The block named neither, so the
 * certificate needed the credential of token 2, which c1 had replaced: no node could verify it, nor catch up with it.
 */
test('[NW3] a certificate carries the credential of a vote whose cluster has switched again before the decision', () => {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 1)
  world.run(500)
  const follower = world.host('c1-n3')
  world.kill(follower.node)
  // The proposer of height 2 does not hear of token 2.
  const others = [...world.hosts.keys()].filter((node) => !node.startsWith('c3'))
  world.cutEdge('c3-n1')
  world.cutEdge('c3-n2')
  for (const node of others) for (const c3 of ['c3-n1', 'c3-n2']) world.clog(c3, node)
  handOver(world, 'c2', 2)
  world.run(1_000, () => syncSetOf(world, 'c2').length > 1)
  world.run(200)
  const { signatures } = world.watch
  world.submit('c1-n1', 'key')
  expect(world.run(200, () => world.watch.signatures > signatures)).toBe(true)
  world.run(1)
  for (const node of others) world.mend('c3-n1', node)
  world.run(0.4)
  // c1 has the proposal, and hears the vote of c2 only.
  for (const node of ['c3-n1', 'c4-n1']) world.clog('c1-n1', node)
  expect(
    world.run(100, () => world.host('c3-n1').state.chain.tip.height === 2),
    describeWorld(world),
  ).toBe(true)
  const master = world.host('c1-n1')
  expect(master.state.chain.tip.height).toBe(1)
  world.masterOf('c2')!.feed({ i: 'resign', to: null, leaving: false })
  expect(
    world.run(100, () => master.state.masterships.get(C2)?.epoch === 3),
    describeWorld(world),
  ).toBe(true)
  for (const node of ['c3-n1', 'c4-n1']) world.mend('c1-n1', node)
  expect(world.run(15, () => master.state.chain.tip.height === 2)).toBe(true)
  const { certificate } = world.host('c1-n1').store.block(2 as Height)!
  const decoded = decodeCertificate(certificate)
  expect(decoded.ok && decoded.value.votes.find(({ cluster }) => cluster === 'c2')?.epoch).toBe(2)
  world.start(follower.node)
  expect(
    world.run(3_000, () => follower.state.chain.tip.height === master.state.chain.tip.height),
    describeWorld(world),
  ).toBe(true)
  expect(follower.events.filter(({ event }) => 'event' in event && event.event === 'certificate-refused')).toEqual([])
})
