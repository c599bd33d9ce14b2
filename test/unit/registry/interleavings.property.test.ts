import type { OperatorAction } from '@baton/shared/core/registry/messages'
import type { FoundedRegistry } from '@baton/shared/core/registry/types'
import type { Claim, ClaimEvidence } from '@baton/shared/crypto/statement-types'
import {
  compareTokens,
  formatToken,
  type LogIndex,
  type NodeId,
  type Token,
  type UnixMs,
  type Version,
} from '@baton/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { A, B, C, CLUSTER, D, NETWORK, outcomeOf, POLICY, REQUEST, RegistryUnderTest, token } from './fixture.ts'

const E = 'c1-e' as NodeId
const NODES = [A, B, C, D, E] as const
const node = fc.constantFrom(...NODES)
/** Distance of a request's version or epoch from the recorded one: mostly right, sometimes stale or from the future. */
const offset = fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, -1, 1)

/** Log lengths: mostly the same, so that most claims are about something else. */
const index = fc.constantFrom(5, 5, 5, 5, 3)

const claiming = fc.record({
  do: fc.constant('claim' as const),
  // null: whoever this evidence suits.
  node: fc.option(node, { freq: 3 }),
  epoch: offset,
  version: offset,
  kind: fc.constantFrom(
    ...(['refused', 'silence', 'own', 'resigned', 'ordered', 'planned', 'planned', 'lost', 'lost'] as const),
  ),
  index,
  nonce: fc.nat(3),
  coming: fc.option(node),
})
const reshaping = fc.record({
  do: fc.constant('reshape' as const),
  epoch: offset,
  version: offset,
  by: fc.option(node, { freq: 1 }),
  syncSet: fc.uniqueArray(node, { maxLength: 5 }),
})

const act = fc.oneof(
  fc.record({ act: fc.constant('order' as const), id: fc.constantFrom('o-1', 'o-2', 'o-3', 'o-4'), node }),
  fc.record({ act: fc.constant('evict' as const), id: fc.constantFrom('o-5', 'o-6'), node }),
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('switchover' as const),
      id: fc.constantFrom('s-1', 's-2', 's-3'),
      to: fc.option(node, { freq: 1 }),
      at: fc.constantFrom(0, 0, 0, 30_000).map((ms) => ms as UnixMs),
    }),
  },
  fc.constant<OperatorAction>({ act: 'cancel-switchover' }),
  { weight: 3, arbitrary: fc.record({ act: fc.constant('clear' as const), node }) },
  fc.record({ act: fc.constant('pause' as const), until: fc.nat(60_000).map((ms) => (10_000 + ms) as UnixMs) }),
  fc.constantFrom<OperatorAction>({ act: 'resume' }, { act: 'end-recovery' }, { act: 'confirm-fenced' }),
  fc.record({ act: fc.constant('allow-data-loss' as const), node }),
)

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('operator' as const), act }) },
  fc.record({ do: fc.constant('freeze' as const) }),
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('elsewhere' as const), silentForMs: fc.constantFrom(0, 60_000) }),
  },
  fc.record({ do: fc.constant('recovered' as const), node: fc.option(node, { freq: 1 }), epoch: offset }),
  fc.record({ do: fc.constant('verified' as const), node, epoch: offset }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
  fc.record({ do: fc.constant('register' as const), node, noFailover: fc.boolean() }),
  fc.record({ do: fc.constant('close' as const), node }),
  fc.record({
    do: fc.constant('report' as const),
    node,
    epoch: offset,
    role: fc.constantFrom('master' as const, 'follower' as const),
    stalled: fc.boolean(),
    index,
    heard: fc.option(fc.nat(2_000)),
  }),
  { weight: 8, arbitrary: claiming },
  { weight: 4, arbitrary: reshaping },
  fc.record({ do: fc.constant('confirm' as const), node, epoch: offset }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2_500) }),
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('tick' as const) }),
)
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

const REGISTER_ALL: readonly Action[] = NODES.map((one) => ({ do: 'register', node: one, noFailover: false }))

test('[RG1, RG2, RG4, RG6, RG8, RG9, RG10] any interleaving keeps one holder per token, rising versions, and clean grants inside the sync set', () => {
  const seen = { switches: 0, recovering: 0, ended: 0, ordered: 0, planned: 0, paused: 0, barsLifted: 0, raised: 0 }
  const histories = fc.array(action, { minLength: 20, maxLength: 60 })
  const holds = (late: number, actions: readonly Action[]): void => {
    const cluster = new RegistryUnderTest()
    cluster.create()
    const holders = new Map<string, NodeId>()
    for (const each of [...REGISTER_ALL.slice(late), ...actions, ...REGISTER_ALL, ...actions]) {
      const before = cluster.state.registry
      perform(cluster, each)
      const after = cluster.state.registry
      if (after.status === 'absent') throw new Error('forgotten')
      for (const grant of cluster.granted.splice(0)) {
        expect(holders.has(formatToken(grant)), `token ${formatToken(grant)} granted twice`).toBe(false)
        holders.set(formatToken(grant), grant.node)
        const electable = before.status === 'founded' ? before.syncSet : [A]
        if (!grant.recovering) expect(electable).toContain(grant.node)
        if (before.status === 'founded') seen.switches += 1
        if (grant.recovering) seen.recovering += 1
      }
      if (before.status === 'founded' && after.status === 'founded') {
        expect(compareTokens(after, before)).toBeGreaterThanOrEqual(0)
        expect(after.version).toBeGreaterThanOrEqual(before.version)
        if (after.master !== before.master) expect(after.epoch).toBe(before.epoch + 1)
        note(seen, before, after)
      }
      if (after.status === 'founded') {
        expect(holders.get(formatToken(after.lastGrant))).toBe(after.master)
        expect(after.syncSet).toContain(after.master)
      }
    }
  }
  fc.assert(fc.property(fc.nat(NODES.length), histories, holds), { numRuns: 400, seed: 20261023 })
  // The histories reach what they are about.
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(5)
}, 60_000)

/** Rare things that the histories should come upon. */
function note(
  seen: { ended: number; ordered: number; planned: number; paused: number; barsLifted: number; raised: number },
  before: FoundedRegistry,
  after: FoundedRegistry,
): void {
  if (before.recovery !== null && after.recovery === null) seen.ended += 1
  if (after.epoch > before.epoch && before.orders.length > after.orders.length) seen.ordered += 1
  if (after.master === before.switchover?.to && after.epoch > before.epoch) seen.planned += 1
  if (before.pause === null && after.pause !== null) seen.paused += 1
  if (after.bars.length < before.bars.length) seen.barsLifted += 1
  if (after.generation > before.generation) seen.raised += 1
}

/** What freezes is looked at by an operator, who raises the generation; the members show what the registry gave them. */
function thaw(cluster: RegistryUnderTest): void {
  const { registry } = cluster.state
  if (registry.status !== 'founded' || registry.frozen === null) return
  cluster.raise(registry.generation + 1)
  const { lastGrant, syncSet } = registry
  for (const one of syncSet) {
    cluster.register(one)
    cluster.shows(one, lastGrant)
  }
  expect(cluster.registry).toMatchObject({ restore: null, master: registry.master, syncSet })
}

function perform(cluster: RegistryUnderTest, each: Action): void {
  const { registry } = cluster.state
  if (registry.status === 'absent') throw new Error('not created')
  const epoch = registry.status === 'founded' ? registry.epoch : 0
  const at = (distance: number): Token => token(Math.max(0, epoch + distance), registry.generation)
  const version = (distance: number) => Math.max(0, registry.version + distance) as Version
  switch (each.do) {
    case 'operator':
      if (registry.status === 'founded') cluster.operator(each.act)
      return
    case 'freeze': {
      // The operator looks, finds that nothing was restored, and lets the members tell who is master.
      if (registry.status !== 'founded') return
      cluster.operator({ act: 'freeze' })
      thaw(cluster)
      return
    }
    case 'elsewhere':
      cluster.elsewhere(each.silentForMs)
      return
    case 'recovered': {
      if (registry.status !== 'founded') return
      const by =
        each.node === null ? ({ kind: 'height', height: 9 } as const) : ({ kind: 'log', from: each.node } as const)
      const ended = cluster.recovered(registry.master, by, at(each.epoch))
      if (ended.ok) expect(cluster.registry.recovery).toBeNull()
      return
    }
    case 'verified':
      if (registry.status === 'founded' && cluster.verified(each.node, at(each.epoch)).ok) {
        expect(cluster.registry.bars).not.toContain(each.node)
      }
      return
    case 'lose':
      // The whole sync set goes, and stays away for long enough.
      if (registry.status !== 'founded') return
      for (const gone of registry.syncSet) if (cluster.state.hearing.sessions.has(gone)) cluster.close(gone)
      cluster.now += POLICY.recoverAfterMs
      cluster.elsewhere(POLICY.recoverAfterMs)
      return
    case 'register':
      cluster.register(each.node, { noFailover: each.noFailover })
      return
    case 'close':
      if (cluster.state.hearing.sessions.has(each.node)) cluster.close(each.node)
      return
    case 'report':
      if (registry.status !== 'founded' || !cluster.state.hearing.sessions.has(each.node)) return
      cluster.report(each.node, {
        token: at(each.epoch),
        role: each.role,
        stalled: each.stalled,
        durableIndex: each.index as LogIndex,
        heardMasterMs: each.heard,
      })
      thaw(cluster)
      return
    case 'claim': {
      const standby = registry.status === 'founded' ? registry.syncSet.find((one) => one !== registry.master) : null
      const best = each.kind === 'own' && registry.status === 'founded' ? registry.master : (standby ?? A)
      const outsider = registry.status === 'founded' ? NODES.find((one) => !registry.syncSet.includes(one)) : undefined
      const named = each.kind === 'planned' && registry.status === 'founded' ? registry.switchover?.to : null
      const claimant = named ?? each.node ?? (each.kind === 'lost' ? (outsider ?? best) : best)
      const planned = registry.status === 'founded' ? registry.switchover : null
      const order = registry.status === 'founded' ? (registry.orders[0]?.id ?? 'o-1') : 'o-1'
      const resigned = each.kind === 'resigned' && registry.status === 'founded'
      const resignation = resigned
        ? { network: NETWORK, cluster: CLUSTER, ...at(0), node: registry.master, to: claimant }
        : null
      const claim: Claim = {
        network: NETWORK,
        cluster: CLUSTER,
        ...at(each.epoch + 1),
        version: version(each.version),
        node: claimant,
        nonce: `nonce-${each.nonce}`,
        evidence: {
          kind: each.kind,
          forMs: 0,
          resignation: 'a.b.c',
          order,
          switchover: planned?.id ?? 's-1',
        } as ClaimEvidence,
        durableIndex: each.index as LogIndex,
        coming: each.coming,
      }
      const step = cluster.send({ i: 'claim', from: REQUEST, claim, resignation })
      const outcome = outcomeOf(step)
      const now = cluster.state.registry
      if (outcome.ok) expect(now).toMatchObject({ master: claimant, lastGrant: { nonce: claim.nonce } })
      else if (!outcome.ok && outcome.code === 'TOKEN_CONFLICT') thaw(cluster)
      else expect(now).toBe(registry)
      return
    }
    case 'reshape': {
      const by = each.by ?? (registry.status === 'founded' ? registry.master : A)
      const syncSet = each.syncSet.includes(by) ? each.syncSet : [by, ...each.syncSet]
      const outcome = cluster.send({
        i: 'reshape',
        from: REQUEST,
        reshape: {
          network: NETWORK,
          cluster: CLUSTER,
          ...at(each.epoch),
          version: version(each.version),
          node: by,
          syncSet: each.by === null ? syncSet : each.syncSet,
        },
        statement: 'a.b.c' as never,
      })
      if (outcomeOf(outcome).ok) expect(cluster.registry).toMatchObject({ master: by })
      return
    }
    case 'confirm': {
      const outcome = cluster.send({ i: 'confirm', from: REQUEST, node: each.node, token: at(each.epoch) })
      if (outcomeOf(outcome).ok) expect(cluster.registry.master).toBe(each.node)
      return
    }
    case 'wait':
      cluster.now += each.ms
      return
    case 'restart':
      cluster.restart()
      cluster.now += POLICY.startupGraceMs / 2
      return
    case 'tick':
      cluster.send({ i: 'tick' })
      return
  }
}
