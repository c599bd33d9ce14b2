/** ID4: the authority's key is in a thief's hands. What that makes a cluster believe, and where it stops. */
import { isLeading } from '@baton/shared/core/node/state'
import type { Grant } from '@baton/shared/crypto/statement-types'
import type { ClusterId, NodeId, Version } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { eventsOf } from '../../support/world/recovering.ts'
import { settledWorld, submitsUntilAcknowledged, syncSetOf } from '../../support/world/settled.ts'
import { credentialOf, openCredential } from '../../support/world/statements.ts'
import type { World } from '../../support/world/world.ts'

const C1 = 'c1' as ClusterId
const N = (n: number) => `c1-n${n}` as NodeId

/** A, its standby and an ordinary node; everybody has heard of the sync set. */
function clusterOfThree(): World {
  const world = settledWorld()
  submitsUntilAcknowledged(world, 2)
  world.run(500)
  expect(syncSetOf(world, C1)).toEqual([N(1), N(2)])
  return world
}

/** Signed with the stolen key: whatever the thief likes. */
function grants(host: Host, said: Partial<Grant>) {
  const { view } = host.state.election
  const { generation, epoch, version } = view!
  const node = host.node
  const base = { network: view!.network, cluster: C1, generation, epoch: epoch + 1, version: version + 1, node }
  const rest = { syncSet: [node], recovering: false, coming: null, nonce: 'any', issuedAt: 0 }
  const grant = openCredential(credentialOf({ ...base, ...rest, ...said } as Grant))
  host.feed({ i: 'granted', from: null, grants: [grant!] })
}

/** The thief says that this node is in the sync set, nobody of which lives any more: it claims, and is granted what it claims. */
function isLuredToClaim(world: World, host: Host): Host {
  const view = host.state.election.view!
  world.cutEdge(host.node)
  host.feed({ i: 'authority', up: true, challenge: null })
  const version = (view.version + 1) as Version
  host.feed({ i: 'view', view: { ...view, version, syncSet: [...new Set([view.master, host.node])] } })
  for (const { node } of world.nodesOf(C1)) if (node !== host.node) world.kill(node)
  expect(
    world.run(5_000, () => host.state.election.asked !== null),
    describeWorld(world),
  ).toBe(true)
  isGrantedWhatItAsks(world, host)
  return host
}

function isGrantedWhatItAsks(world: World, host: Host): void {
  const { nonce, token } = host.state.election.asked!
  grants(host, { nonce, ...token })
  world.run(300)
}

const wroteUnder = (host: Host, epoch: number) => host.disk.entries.filter(({ token }) => token.epoch === epoch)
const doubts = (host: Host) => host.events.filter(({ event }) => 'e' in event && event.e === 'grantDoubted')

test('[ID4] an ordinary node takes no clean grant: its master has signed a sync set without it', () => {
  const world = clusterOfThree()
  const host = isLuredToClaim(world, world.host(N(3)))
  expect(host.state.election.role.r).toBe('frozen')
  expect(isLeading(host.state)).toBe(false)
  expect(wroteUnder(host, 2)).toEqual([])
  expect(doubts(host)).toHaveLength(1)
  // The token is promised all the same: nothing lower is answered.
  expect(host.disk.own).toMatchObject({ token: { epoch: 2 }, node: host.node })
})

test('[ID4] nor does it after a restart, with a second grant on top of the first', () => {
  const world = clusterOfThree()
  const host = isLuredToClaim(world, world.host(N(3)))
  world.kill(host.node)
  world.start(host.node)
  world.run(100)
  host.feed({ i: 'authority', up: true, challenge: null })
  const own = host.disk.own!
  const { credential } = world.authorities.get(C1)!.view()!
  const view = { ...world.authorities.get(C1)!.view()!, ...own.token, master: own.node, syncSet: [own.node] }
  host.feed({ i: 'view', view: { ...view, version: (view.version + 9) as Version, reshape: null, credential } })
  expect(
    world.run(5_000, () => host.state.election.asked !== null),
    describeWorld(world),
  ).toBe(true)
  isGrantedWhatItAsks(world, host)
  expect(host.state.election.role.r).toBe('frozen')
  expect([...wroteUnder(host, 2), ...wroteUnder(host, 3)]).toEqual([])
})

test('[ID4] a node that has heard of its removal takes none either', () => {
  const world = clusterOfThree()
  world.cut(N(1), N(2))
  expect(
    world.run(5_000, () => !(world.host(N(2)).state.reshape?.reshape.syncSet.includes(N(2)) ?? true)),
    describeWorld(world),
  ).toBe(true)
  const host = isLuredToClaim(world, world.host(N(2)))
  expect(host.state.election.role.r).toBe('frozen')
  expect(wroteUnder(host, 2)).toEqual([])
})

test('[ID4] what remains: a node that never heard of its removal believes a grant, and the reshape that removed it is the proof', () => {
  const world = clusterOfThree()
  world.cutEdge(N(2))
  world.cut(N(1), N(2))
  world.cut(N(3), N(2))
  expect(
    world.run(5_000, () => !syncSetOf(world, C1).includes(N(2))),
    describeWorld(world),
  ).toBe(true)
  const signed = world.host(N(1)).disk.reshape!.reshape
  const host = isLuredToClaim(world, world.host(N(2)))
  expect(isLeading(host.state)).toBe(true)
  expect(signed.syncSet).not.toContain(host.node)
})

test('[ID4, RG8] two grants of one token stop everybody of the cluster who sees both, and are reported by all', () => {
  const world = clusterOfThree()
  for (const host of world.hosts.values()) {
    const asked = world.host(N(1))
    const { view } = asked.state.election
    const two = [N(2), N(3)].map((node) => {
      const more = { syncSet: [node], recovering: false, coming: null, nonce: `for ${node}`, issuedAt: 0 }
      const grant = { ...view!, ...more, epoch: view!.epoch + 1, version: view!.version + 1, node }
      return openCredential(credentialOf(grant as unknown as Grant))!
    })
    host.feed({ i: 'granted', from: null, grants: two })
  }
  world.run(5)
  for (const { state } of world.nodesOf(C1)) {
    expect(state.election.role.r).toBe('frozen')
    expect(isLeading(state)).toBe(false)
  }
  for (const host of world.hosts.values()) expect(eventsOf(host, 'token-conflict').length).toBeGreaterThan(0)
  // Three clusters of four go on; the first signs nothing under that token.
  submitsUntilAcknowledged(world, 1)
  for (const host of world.nodesOf(C1)) expect(wroteUnder(host, 2)).toEqual([])
})

test('[ID4, RG4] a view that takes a node out of the sync set counts for nothing where its master has not signed that', () => {
  const world = clusterOfThree()
  const host = world.host(N(1))
  const view = host.state.election.view!
  const version = (view.version + 1) as Version
  host.feed({ i: 'view', view: { ...view, version, syncSet: [host.node] } })
  host.feed({ i: 'view', view: { ...view, version, syncSet: [host.node], reshape: null } })
  world.run(50)
  expect(syncSetOf(world, C1)).toEqual([N(1), N(2)])
  expect(eventsOf(host, 'sync-set-unproven').length).toBeGreaterThan(0)
  expect(host.disk.required?.syncSet).toContain(N(2))
  submitsUntilAcknowledged(world, 2)
  expect(violations(world)).toEqual([])
})
