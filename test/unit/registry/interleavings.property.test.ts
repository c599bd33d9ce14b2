import type { Claim, ClaimEvidence } from '@baton/shared/crypto/statement-types'
import { compareTokens, formatToken, type LogIndex, type NodeId, type Token, type Version } from '@baton/shared/ids'
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
  kind: fc.constantFrom('refused' as const, 'silence' as const, 'own' as const, 'resigned' as const),
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

const action = fc.oneof(
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
  { weight: 3, arbitrary: claiming },
  { weight: 2, arbitrary: reshaping },
  fc.record({ do: fc.constant('confirm' as const), node, epoch: offset }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2_500) }),
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('tick' as const) }),
)
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

const REGISTER_ALL: readonly Action[] = NODES.map((one) => ({ do: 'register', node: one, noFailover: false }))

test('[RG1, RG2, RG4, RG8] any interleaving keeps one holder per token, rising versions, and grants inside the sync set', () => {
  let switches = 0
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
        expect(electable).toContain(grant.node)
        if (before.status === 'founded') switches += 1
      }
      if (before.status === 'founded' && after.status === 'founded') {
        expect(compareTokens(after, before)).toBeGreaterThanOrEqual(0)
        expect(after.version).toBeGreaterThanOrEqual(before.version)
        if (after.master !== before.master) expect(after.epoch).toBe(before.epoch + 1)
      }
      if (after.status === 'founded') {
        expect(holders.get(formatToken(after))).toBe(after.master)
        expect(after.syncSet).toContain(after.master)
      }
    }
  }
  fc.assert(fc.property(fc.nat(NODES.length), histories, holds), { numRuns: 200, seed: 20261023 })
  // The histories reach what they are about.
  expect(switches).toBeGreaterThan(150)
}, 60_000)

function perform(cluster: RegistryUnderTest, each: Action): void {
  const { registry } = cluster.state
  if (registry.status === 'absent') throw new Error('not created')
  const epoch = registry.status === 'founded' ? registry.epoch : 0
  const at = (distance: number): Token => token(Math.max(0, epoch + distance))
  const version = (distance: number) => Math.max(0, registry.version + distance) as Version
  switch (each.do) {
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
      return
    case 'claim': {
      const standby = registry.status === 'founded' ? registry.syncSet.find((one) => one !== registry.master) : null
      const best = each.kind === 'own' && registry.status === 'founded' ? registry.master : (standby ?? A)
      const claimant = each.node ?? best
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
        evidence: { kind: each.kind, forMs: 0, resignation: 'a.b.c' } as ClaimEvidence,
        durableIndex: each.index as LogIndex,
        coming: each.coming,
      }
      const step = cluster.send({ i: 'claim', from: REQUEST, claim, resignation })
      const outcome = outcomeOf(step)
      const now = cluster.state.registry
      if (outcome.ok) expect(now).toMatchObject({ master: claimant, lastGrant: { nonce: claim.nonce } })
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
