import { allProposals } from '@baton/shared/core/consensus/proposal-book'
import { heardOf } from '@baton/shared/core/node/heard'
import type { NodeContext, NodeInput } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import { recoveredBy } from '@baton/shared/core/node/recovery'
import { isLeading } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { ClusterId, Epoch, Hash, Height, Jws, NodeId, Round } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import {
  allIsWell,
  eventsOf,
  killCluster,
  loseSyncSet,
  recovers,
  recoveryEnds,
  worldToRecover,
} from '../../support/world/recovering.ts'
import { settledWorld } from '../../support/world/settled.ts'
import { certifiedBlocks } from '../../support/world/verification.ts'
import type { World } from '../../support/world/world.ts'

const C1 = 'c1' as ClusterId

function step(world: World, { state, store }: Host, input: NodeInput, change: Partial<Host['state']> = {}) {
  const context: NodeContext = {
    now: world.now,
    hash: sha256,
    log: store,
    chain: store,
    application: world.application,
  }
  return nodeStep({ ...state, ...change }, input, context)
}

test('[RC1 GU1] a token that is not held is not acknowledged', () => {
  const world = worldToRecover()
  world.cutEdge('c2-n1')
  world.cutEdge('c2-n2')
  world.cutEdge('c2-n3')
  loseSyncSet(world)
  world.run(3_000)
  // Neither held nor taken out of the sync set while the authority is away.
  world.clog('c2-n1', 'c2-n2')
  const host = recovers(world, 'c1-n3')
  world.run(2_000)
  expect([...(host.state.recovery?.acks.keys() ?? [])].toSorted()).toEqual(['c3', 'c4'])
  world.mend('c2-n1', 'c2-n2')
  recoveryEnds(world, host)
  for (const n of [1, 2, 3]) world.mendEdge(`c2-n${n}`)
  allIsWell(world)
})

test('[RC1 NW1] a cluster that has acknowledged refuses the predecessor after its own switch too', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  expect(world.run(2_000, () => host.state.recovery?.acks.size === 2)).toBe(true)
  const { height } = world.host('c2-n1').state.chain.tip
  world.kill('c2-n1')
  const successor = world.host('c2-n2')
  expect(world.run(5_000, () => isLeading(successor.state))).toBe(true)
  const old = {
    cluster: C1,
    generation: 0 as never,
    epoch: 1 as Epoch,
    round: 0 as Round,
    type: 'prevote',
    block: null,
  } as const
  for (const ahead of [1, 2, 3]) {
    const vote = { ...old, height: (height + ahead) as Height, signature: new Uint8Array(64) }
    const refused = step(world, successor, { i: 'vote', from: 'c3-n1' as NodeId, vote }).rejected?.code
    expect(refused).toBe(ahead === 1 ? undefined : 'LOWER_TOKEN')
  }
  expect(violations(world)).toEqual([])
})

test('[RC1 NW1] a master begins no height while tokens in its log are not verified', () => {
  const world = settledWorld()
  const host = world.host('c1-n1')
  const { credential } = host.state.masterships.get('c2' as ClusterId)!
  const waiting = { unverified: new Map([[credential.grant, credential]]), consensus: { kind: 'idle' } } as const
  const idle = step(world, host, { i: 'execute' }, waiting).state
  expect(idle.consensus.kind).toBe('idle')
  const told = step(world, host, { i: 'unverifiable', credentials: [credential] }, waiting)
  expect(told.state.unverified.size).toBe(0)
  expect(told.send).toContainEqual({ s: 'self', input: { i: 'execute' } })
  expect(step(world, host, { i: 'execute' }, { consensus: { kind: 'idle' } }).state.consensus.kind).not.toBe('idle')
})

test('[NW1 NW3] a vote that nobody has verified does not count, whatever its token has become since', () => {
  const world = settledWorld()
  world.submit('c1-n1', 'key')
  const host = world.host('c1-n1')
  expect(world.run(100, () => host.state.consensus.kind === 'running')).toBe(true)
  const height = (host.state.chain.tip.height + 1) as Height
  const { generation, epoch } = host.state.masterships.get('c2' as ClusterId)!
  const vote = {
    cluster: 'c2' as ClusterId,
    generation,
    epoch,
    height,
    round: 5 as Round,
    type: 'prevote',
    block: null,
  } as const
  const input = { i: 'vote', from: 'c3-n1' as NodeId, vote: { ...vote, signature: new Uint8Array(64) } } as const
  expect(step(world, host, input).state.consensus).not.toBe(host.state.consensus)
  const refused = step(world, host, { ...input, verified: false })
  expect(refused.state.consensus).toBe(host.state.consensus)
  expect(refused.rejected?.code).toBe('PEER_UNEXPECTED')
})

test('[RC2] a predecessor that is shown a block which names its successor begins no height after it', () => {
  const world = worldToRecover()
  const old = world.host('c1-n1')
  world.kill('c1-n3')
  world.cutEdge(old.node)
  for (const other of world.hosts.keys()) if (other !== old.node) world.cut(old.node, other)
  world.kill('c1-n2')
  world.start('c1-n3')
  const host = recovers(world, 'c1-n3')
  recoveryEnds(world, host)
  expect(old.state.guard.role.role).toBe('leading')
  const { height } = old.state.chain.tip
  const horizon = eventsOf(host, 'recovery-horizon')[0]!.height
  const blocks = Array.from({ length: horizon + 1 - height }, (_, i) => {
    const { bytes, certificate } = host.store.block((height + 1 + i) as Height)!
    return { block: bytes, certificate }
  })
  const message = { t: 'blocks', request: 0, height: horizon + 1, blocks } as const
  const certified = certifiedBlocks(message, old.state)
  expect(certified).toHaveLength(blocks.length)
  old.feed({ i: 'blocks', from: 'c4-n1' as NodeId, request: 0, height: (horizon + 1) as Height, blocks: certified })
  const begun: number[] = []
  world.run(100, () => {
    const { consensus } = old.state
    if (consensus.kind !== 'idle') begun.push(consensus.height)
    return false
  })
  expect(old.state.chain.tip.height).toBe(horizon + 1)
  expect(Math.max(...begun)).toBeLessThanOrEqual(horizon + 1)
  // And it has learned from the block that it is master no more.
  expect(old.state.guard.role.role).not.toBe('leading')
  expect(violations(world)).toEqual([])
})

test('[RG6] a cluster is as silent as its own master is, whatever others repeat of its votes', () => {
  const world = worldToRecover()
  const host = world.host('c2-n1')
  const heard = () => new Map(heardOf(host.state, world.now).map(({ cluster, forMs }) => [cluster, forMs]))
  expect([...heard().keys()]).toEqual(['c1', 'c3', 'c4'])
  killCluster(world, 'c4')
  loseSyncSet(world)
  world.submit('c2-n1', 'stalls')
  world.run(2_500)
  expect(host.state.consensus.kind).toBe('running')
  expect(heard().get(C1)).toBeGreaterThan(2_000)
  expect(heard().get('c3' as ClusterId)).toBeLessThan(1_000)
  // One that leads for a moment cannot have heard longer silence.
  world.kill('c3-n1')
  const fresh = world.host('c3-n2')
  expect(
    world.run(5_000, () => isLeading(fresh.state)),
    describeWorld(world),
  ).toBe(true)
  world.run(200)
  for (const { forMs } of heardOf(fresh.state, world.now)) expect(forMs).toBeLessThan(1_000)
})

test('[RC1] an acknowledgement of anybody but another cluster’s master changes nothing', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(1_000)
  expect(host.state.recovery?.horizon).toBeNull()
  const { guard, recovery } = host.state
  const ack = { t: 'epochAck', cluster: C1, token: guard.token, height: 99 } as const
  for (const from of ['c2-n2', 'c4-n1', 'c1-n1'] as NodeId[]) {
    expect(step(world, host, { i: 'peer', from, message: ack }).state.recovery).toEqual(recovery)
  }
  const lower = { ...ack, token: { ...guard.token, epoch: 1 as Epoch } }
  expect(step(world, host, { i: 'peer', from: 'c2-n1' as NodeId, message: lower }).state.recovery).toEqual(recovery)
  // A height that the chain has not reached counts for nothing, and takes away nothing that others said.
  const lie = step(world, host, { i: 'peer', from: 'c2-n1' as NodeId, message: ack }).state
  expect(lie.recovery?.horizon).toBeNull()
})

test('[RC1] a height counts only with the certificate of the height below', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(1_000)
  const { guard, recovery, chain, masterships, links } = host.state
  const ack = (height: number) => ({ t: 'epochAck', cluster: C1, token: guard.token, height }) as const
  // As if the third were linked again.
  const c4 = masterships.get('c4' as ClusterId)!.node
  const linked = { links: new Map(links).set(c4, 'c4' as ClusterId) }
  const { height } = chain.tip
  expect([...recovery!.acks.values()]).toEqual([height + 1, height + 1])
  const ahead = step(world, host, { i: 'peer', from: c4, message: ack(height + 2) }, linked).state
  expect(ahead.recovery?.acks.size).toBe(3)
  expect(ahead.recovery?.horizon).toBeNull()
  const here = step(world, host, { i: 'peer', from: c4, message: ack(height + 1) }, linked).state
  expect(here.recovery?.horizon).toBe(height + 1)
})

test('[NW3 RC1] a proposal that does not name a recovering token is judged by when the token was learned', () => {
  const world = settledWorld()
  world.submit('c2-n1', 'key')
  const host = world.host('c1-n1')
  let proposal: Extract<NodeInput, { i: 'proposal' }> | null = null
  expect(
    world.run(1_000, () => host.state.consensus.kind === 'running' && host.state.consensus.proposals.size > 0),
    describeWorld(world),
  ).toBe(true)
  const { consensus, bodies, masterships, chain } = host.state
  if (consensus.kind !== 'running') throw new Error('no height runs')
  const [known] = allProposals(consensus.proposals)
  const { block, facts } = bodies.get(known!.block)!
  proposal = {
    i: 'proposal',
    from: masterships.get(known!.cluster)!.node,
    proposal: { ...known!, round: 4 as Round },
    block,
    facts,
  }
  const turn = known!.cluster
  const c3 = masterships.get('c3' as ClusterId)!
  const recovering = {
    ...c3,
    epoch: 2 as Epoch,
    recovering: true,
    credential: { ...c3.credential, grant: 'a.b.c' as Jws },
  }
  const height = (chain.tip.height + 1) as Height
  const learned = (at: number) => ({
    masterships: new Map(masterships).set('c3' as ClusterId, recovering),
    tokenHeights: new Map([[recovering.credential.grant, at as Height]]),
  })
  expect(turn).not.toBe('c3')
  const judged = (at: number) => {
    const { events, state } = step(world, host, proposal!, learned(at))
    if (state.consensus.kind !== 'running') throw new Error('no height runs')
    const { valid, needsPolka } = state.consensus.proposals.get(4 as Round)!.first
    return {
      faults: events.filter((event) => 'event' in event && event.event === 'invalid-proposal'),
      valid,
      needsPolka,
    }
  }
  expect(judged(height)).toEqual({ faults: [], valid: true, needsPolka: false })
  expect(judged(height - 1)).toMatchObject({
    faults: [{ fault: 'recovering', why: expect.stringContaining('recovering') }],
    valid: true,
    needsPolka: true,
  })
})

test('[GU4 RC3] a master begins no height while its log knows of a later decision', () => {
  const world = settledWorld()
  const host = world.host('c1-n1')
  const height = (host.state.chain.tip.height + 5) as Height
  const certificate = { height, round: 0 as Round, block: 'f'.repeat(64) as Hash, votes: [], credentials: [] }
  const decided = new Map([[height as number, { index: null, certificate, certified: false, asked: false }]])
  const { state } = step(world, host, { i: 'execute' }, { consensus: { kind: 'idle' }, decided })
  expect(state.consensus.kind).toBe('idle')
  expect(state.catchUp?.target).toBe(height - 1)
})

test('[RC3 GU1] the end is told when what it rests on is held, not before', () => {
  const world = worldToRecover()
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  expect(
    world.run(5_000, () => {
      const { recovery, chain } = host.state
      return recovery !== null && recovery.horizon !== null && chain.tip.height > recovery.horizon
    }),
    describeWorld(world),
  ).toBe(true)
  const { state } = host
  const recovery = state.recovery!
  expect(recoveredBy(state)).toEqual({ kind: 'height', height: state.chain.tip.height })
  expect(recoveredBy({ ...state, recovery: { ...recovery, heldHeight: recovery.horizon! } })).toBeNull()
  expect(recoveredBy({ ...state, recovery: { ...recovery, horizon: state.chain.tip.height as Height } })).toBeNull()
})

test('[RC3 RG7] a view of another token ends no recovery', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  const before = world.host('c1-n3').state.election.view!
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(500)
  const { view } = host.state.election
  expect(before).toMatchObject({ epoch: 1, recovering: false })
  expect(step(world, host, { i: 'view', view: before }).state.recovery).not.toBeNull()
  expect(step(world, host, { i: 'view', view: view! }).state.recovery).not.toBeNull()
  const ended = { ...view!, version: (view!.version + 1) as never, recovering: false, lastClean: null }
  const { state, write } = step(world, host, { i: 'view', view: ended })
  expect(state.recovery).toBeNull()
  expect(write).toContainEqual({ w: 'recovered', token: { generation: 0, epoch: 2 } })
})

test('[RC1] an acknowledgement names the highest height at which its cluster may have voted', () => {
  const world = worldToRecover()
  killCluster(world, 'c4')
  loseSyncSet(world)
  const host = recovers(world, 'c1-n3')
  world.run(500)
  const other = world.host('c2-n1')
  const { height } = other.state.chain.tip
  const linked = { i: 'link', peer: host.node, cluster: C1, up: true } as const
  const heights = (change: Partial<Host['state']>) =>
    step(world, other, linked, change).send.flatMap((send) =>
      send.s === 'peer' && send.message.t === 'epochAck' ? [send.message.height] : [],
    )
  const record = {
    kind: 'vote',
    height: (height + 3) as Height,
    round: 0 as Round,
    type: 'prevote',
    block: null,
  } as const
  expect(heights({})).toEqual([height + 1])
  expect(heights({ acts: [{ index: 1 as never, record }] })).toEqual([height + 3])
  expect(heights({ heldTokens: new Map() })).toEqual([])
})
