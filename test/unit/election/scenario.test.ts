import { describe, expect, it } from 'vitest'
import { A, B, C, World } from './world.ts'

function grantedAt(world: World, node: string, since: number): number {
  const seen = world.seen.find(
    (s) => s.at >= since && s.node === node && s.event.e === 'role' && s.event.to === 'master',
  )
  if (seen === undefined) throw new Error(`${node} never became master: ${world.describe()}`)
  return seen.at - since
}

describe('a cluster of three', () => {
  it('[RG2] makes the founder master at epoch 1 and adds a standby', () => {
    const world = new World()
    world.settle()
    expect(world.masters()).toEqual([A])
    expect(world.epoch(A)).toBe(1)
    expect(world.held.length).toBeGreaterThan(10)
  })

  it('[EL1] replaces a killed master within milliseconds, without a timer', () => {
    const world = new World()
    world.settle()
    const since = world.time.now
    world.kill(A)
    world.until(() => world.role(B) === 'master', 1_000)
    console.log(world.claims, world.seen.slice(-12))
    expect(world.claims[0]!.at - since).toBeLessThan(15)
    expect(grantedAt(world, B, since)).toBeLessThan(40)
    expect(world.registry()).toMatchObject({ master: B, epoch: 2, coming: C })
  })
})
