import { TIMING_PRESETS } from '@baton/shared/genesis'
import type { NodeId } from '@baton/shared/ids'
import { describe, expect, it } from 'vitest'
import { times } from '../../support/long.ts'
import { A, B, C, World } from './world.ts'

const MINUTE_MS = 60_000

const LAN = TIMING_PRESETS.lan

/** Milliseconds from `since` until `node` became master. */
function masterAfter(world: World, node: NodeId, since: number): number {
  const seen = world.seen.find(
    (one) => one.at >= since && one.node === node && one.event.e === 'role' && one.event.to === 'master',
  )
  if (seen === undefined) throw new Error(`${node} never became master: ${world.describe()}`)
  return seen.at - since
}

function settled(): { world: World; since: number } {
  const world = new World()
  world.settle()
  return { world, since: world.time.now }
}

describe('a cluster of three', () => {
  it('[RG2] makes the founder master at epoch 1 by its own session, and adds a standby', () => {
    const { world } = settled()
    expect(world.masters()).toEqual([A])
    expect(world.registry()).toMatchObject({ epoch: 1, master: A, syncSet: [A, B] })
    expect(world.claims).toEqual([])
    expect(world.held()).toBeGreaterThan(10)
  })

  it('[EL1] claims within 15 ms of a kill: closed link, refused reconnect, pre-vote, no timer', () => {
    const { world, since } = settled()
    world.kill(A)
    world.until(() => world.role(B) === 'master', LAN.heartbeatMs)
    expect(world.claims).toHaveLength(1)
    expect(world.claims[0]!.at - since).toBeLessThan(15)
    expect(world.claims[0]!.claim.evidence).toEqual({ kind: 'refused' })
  })

  it('[EL7] names the node it will add next, which joins by a reshape', () => {
    const { world } = settled()
    world.kill(A)
    world.until(() => world.role(B) === 'master', 1_000)
    expect(world.registry()).toMatchObject({ master: B, epoch: 2, coming: C, syncSet: [B] })
    world.until(() => world.registry().syncSet.includes(C), 2_000)
  })

  it('[EL1] replaces a frozen master after silence, and the woken one steps down', () => {
    const { world, since } = settled()
    world.freeze(A)
    world.until(() => world.role(B) === 'master', 1_500)
    expect(world.claims[0]!.claim.evidence).toMatchObject({ kind: 'silence' })
    expect(world.claims[0]!.at - since).toBeGreaterThanOrEqual(LAN.suspectAfterMs - LAN.heartbeatMs)
    world.thaw(A)
    world.advance(1_000)
    expect(world.role(A)).toBe('follower')
    expect(world.masters()).toEqual([B])
    expect(world.registry().epoch).toBe(2)
  })

  it('[EL2] lets a master that stalled, and woke before it was replaced, hand over', () => {
    const { world, since } = settled()
    world.freeze(A)
    world.advance(LAN.suspectAfterMs + 2 * LAN.heartbeatMs)
    expect(world.role(B)).not.toBe('master')
    world.thaw(A)
    world.until(() => world.role(B) === 'master', 100)
    expect(masterAfter(world, B, since)).toBeLessThan(LAN.suspectAfterMs + 4 * LAN.heartbeatMs)
    expect(world.claims.at(-1)!.claim.evidence.kind).toBe('resigned')
    world.advance(5_000)
    expect(world.registry().epoch).toBe(2)
  })

  it('[EL2] does not suspect the master for a silence that this node slept through', () => {
    const { world } = settled()
    world.freeze(B)
    world.advance(450)
    world.cut(A, B)
    world.advance(200)
    world.thaw(B)
    world.advance(LAN.suspectAfterMs - LAN.heartbeatMs)
    expect(world.role(B)).toBe('follower')
    world.heal(A, B)
    world.advance(200)
    expect(world.claims).toEqual([])
  })

  it('[RG3] hands over cleanly: sealed before signed, nothing waited for, the old master comes back as standby', () => {
    const { world, since } = settled()
    world.input(A, { i: 'resign', to: B, leaving: false })
    world.until(() => world.role(B) === 'master', LAN.heartbeatMs)
    expect(masterAfter(world, B, since)).toBeLessThan(20)
    world.until(() => world.role(A) === 'follower', LAN.heartbeatMs)
    world.until(() => world.registry().syncSet.length === 2, 3_000)
    world.advance(5_000)
    expect(world.registry().epoch).toBe(2)
  })

  it('[RG3] a process that leaves hands over first, and is not named as the next standby', () => {
    const { world } = settled()
    world.input(A, { i: 'resign', to: null, leaving: true })
    world.until(() => world.role(A) === 'stopped', LAN.heartbeatMs)
    expect(world.registry()).toMatchObject({ master: B, epoch: 2, coming: C })
  })

  it('[RG2] a killed master that finds its required set and no higher token goes on at its epoch', () => {
    const { world } = settled()
    world.stopAuthority()
    world.kill(A)
    world.advance(200)
    world.start(A)
    expect(world.role(A)).toBe('master')
    const held = world.held()
    world.until(() => world.held() > held, 2_000)
    world.startAuthority()
    world.advance(10_000)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1 })
  })

  it('[RG2] the registered master that may not go on claims the next epoch as its own', () => {
    const world = new World([A])
    world.settle(null)
    world.kill(A)
    world.host(A).disk.required = null
    world.start(A)
    expect(world.role(A)).toBe('suspecting')
    world.until(() => world.role(A) === 'master', 1_000)
    expect(world.claims.at(-1)!.claim.evidence).toEqual({ kind: 'own' })
    expect(world.registry()).toMatchObject({ master: A, epoch: 2 })
  })

  it('[EL6] a master whose log was damaged does not stand; the standby takes over', () => {
    const { world } = settled()
    world.host(A).logComplete = false
    world.kill(A)
    world.start(A)
    world.until(() => world.role(B) === 'master', 3_000)
    expect(world.claims.every(({ claim }) => claim.node === B)).toBe(true)
  })

  it('[EL5] a grant that comes again after a restart makes nobody master', () => {
    const { world } = settled()
    world.kill(A)
    world.until(() => world.role(B) === 'master', 1_000)
    const { grant } = world.host(B).process!.state
    world.kill(B)
    world.stopAuthority()
    world.host(B).disk.required = null
    world.start(B)
    world.input(B, { i: 'grantSeen', ...grant! })
    world.advance(3_000)
    expect(world.role(B)).not.toBe('master')
    expect(world.masters()).toEqual([])
  })

  it('[EL3] nothing but a fault switches: minutes of good health have no suspicion and no claim', () => {
    const { world } = settled()
    const before = world.seen.length
    world.advance(times(10, 3) * MINUTE_MS)
    expect(world.seen.length).toBe(before)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1 })
  }, 60_000)

  it('[RG3] a long time without the edge changes nothing; what died meanwhile is replaced when it returns', () => {
    const minutes = times(60, 10)
    const world = new World([A, B, C], 250)
    world.settle()
    world.stopAuthority()
    const held = world.held()
    world.advance(minutes * MINUTE_MS)
    expect(world.masters()).toEqual([A])
    expect(world.claims).toEqual([])
    expect(world.held() - held).toBeGreaterThan((minutes / 60) * 10_000)
    world.kill(A)
    world.advance(5_000)
    expect(world.masters()).toEqual([])
    world.startAuthority()
    world.until(() => world.role(B) === 'master', 5_000)
    expect(world.registry()).toMatchObject({ master: B, epoch: 2 })
  }, 60_000)

  it('[EL4] the standby that is ahead takes over, not the one that is merely first', () => {
    const { world } = settled()
    expect(world.registry().syncSet).toEqual([A, B])
    world.kill(A)
    world.advance(500)
    expect(world.claims.map(({ claim }) => claim.node)).not.toContain(C)
    expect(world.masters()).toEqual([B])
  }, 60_000)
})

/** DESIGN section 4, "Links": A master, B standby, E edge. Each row of the table. */
describe('links', () => {
  const cut = (world: World, what: { ab?: boolean; ae?: boolean; be?: boolean }) => {
    if (what.ab) {
      world.cut(A, B)
      world.cut(B, C)
    }
    if (what.ae) world.cutEdge(A)
    if (what.be) world.cutEdge(B)
  }
  const without = (what: { ab?: boolean; ae?: boolean; be?: boolean }, ms: number) => {
    const { world } = settled()
    cut(world, what)
    world.advance(ms)
    return world
  }

  it('[RG3] up, down, up: nothing, B reports that A is alive', () => {
    const world = without({ ae: true }, 30_000)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1, syncSet: [A, B] })
    expect(world.claims).toEqual([])
  })

  it('[RG3] down, up, up: A removes B and goes on', () => {
    const world = without({ ab: true }, 10_000)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1 })
    expect(world.registry().syncSet).not.toContain(B)
    expect(world.role(B)).toBe('suspecting')
    expect(world.masters()).toEqual([A])
  })

  it('[RG3] down, down, up: B is promoted after the TTL, even though C hears A', () => {
    const { world, since } = settled()
    world.cut(A, B)
    world.cutEdge(A)
    world.until(() => world.role(B) === 'master', 6_000)
    expect(masterAfter(world, B, since)).toBeGreaterThan(LAN.suspectAfterMs)
    const heardByC = world.host(C).process!.state.peers.get(A)
    expect(heardByC?.linkUp).toBe(true)
    // C hands A the higher grant: it steps down without the edge.
    world.until(() => world.role(A) === 'follower', 1_000)
  })

  it('[RG3] down, up, down: A removes B and goes on', () => {
    const world = without({ ab: true, be: true }, 10_000)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1 })
    expect(world.registry().syncSet).not.toContain(B)
    expect(world.masters()).toEqual([A])
  })

  it('[RG3] up, up, down: nothing; when A then dies, a peer relays the claim of B', () => {
    const world = without({ be: true }, 10_000)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1, syncSet: [A, B] })
    world.kill(A)
    world.until(() => world.registry().master === B, 2_000)
    world.until(() => world.role(B) === 'master', 1_000)
  })

  it('[RG3] up, down, down: nothing, steady state needs no edge', () => {
    const world = without({ ae: true, be: true }, 30_000)
    expect(world.registry()).toMatchObject({ master: A, epoch: 1, syncSet: [A, B] })
    expect(world.masters()).toEqual([A])
    const held = world.held()
    world.advance(1_000)
    expect(world.held()).toBeGreaterThan(held + 20)
  })

  it('[RG3] down, down, down: A stalls and says so, B never promotes itself', () => {
    const world = without({ ab: true, ae: true, be: true }, 2_000)
    const held = world.held()
    world.advance(30_000)
    expect(world.held()).toBe(held)
    expect(world.role(B)).not.toBe('master')
    expect(world.host(C).process!.state.peers.get(A)?.heartbeat?.stalled).toBe(true)
  })
})
