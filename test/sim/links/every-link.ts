/**
 * A cluster alone, and every combination of its directed links down for good: from each of A (master), B (standby) and C to each other, and of each
 * with the edge. Wherever a node of the sync set reaches the edge, a master results that completes something (DESIGN section 4, links table).
 */
import { describeWorld } from '../../support/world/checks.ts'
import { World } from '../../support/world/world.ts'

const NODES = ['c1-n1', 'c1-n2', 'c1-n3'] as const
const DIRECTED = NODES.flatMap((from) => NODES.filter((to) => to !== from).map((to) => [from, to] as const))

export const COMBINATIONS = 2 ** (DIRECTED.length + NODES.length)

/** A master results within this time, recovery not counted on. */
const WITHIN_MS = 15_000
const SUBMIT_EVERY_MS = 250

/** What is wrong; null when all is well. */
export function tryLinks(combination: number): string | null {
  const world = new World({ clusters: 1, nodes: 3, seed: 1 + combination, heartbeatBlockMs: 2_000, codec: false })
  const settled = () => syncSetOf(world).length === 2
  if (!world.run(10_000, settled)) return 'the cluster does not settle'
  world.run(200)
  const counted = syncSetOf(world)
  takeDown(world, combination)
  const reaches = (node: string) => !isCutOff(node, combination)
  if (!counted.some(reaches)) return null
  submitOften(world, 0)
  const before = world.acknowledged.size
  world.run(3_000)
  const fresh = world.acknowledged.size
  const completes = () => world.acknowledged.size > fresh && world.masterOf('c1') !== null
  if (world.run(WITHIN_MS, completes) && world.watch.breaches.length === 0) return null
  const down = describeCombination(combination)
  return `${down}: ${before} → ${world.acknowledged.size} acknowledged\n${world.watch.breaches[0] ?? ''}\n${describeWorld(world)}`
}

export function describeCombination(combination: number): string {
  const links = DIRECTED.filter((_, bit) => combination & (1 << bit)).map(([from, to]) => `${from}→${to}`)
  const edges = NODES.filter((node) => isCutOff(node, combination)).map((node) => `${node}–edge`)
  return `down: ${[...links, ...edges].join(' ') || 'nothing'}`
}

function takeDown(world: World, combination: number): void {
  for (const [bit, [from, to]] of DIRECTED.entries()) if (combination & (1 << bit)) world.clogOneWay(from, to)
  for (const node of NODES) if (isCutOff(node, combination)) world.cutEdge(node)
}

function isCutOff(node: string, combination: number): boolean {
  return (combination & (1 << (DIRECTED.length + NODES.indexOf(node as never)))) !== 0
}

function submitOften(world: World, count: number): void {
  world.submit('c1-n1', `k${count}`)
  world.after(SUBMIT_EVERY_MS, () => submitOften(world, count + 1))
}

function syncSetOf(world: World): readonly string[] {
  const [authority] = world.authorities.values()
  const { registry } = authority!.state
  return registry.status === 'founded' ? registry.syncSet : []
}
