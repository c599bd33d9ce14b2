/**
 * A cluster alone, and every combination of its directed links down for good: from each of A (master), B (standby) and C to each other, and
 * from each to the edge and back. A node *reaches* the edge when both directions between them are up: a connection needs a round trip, and one
 * that has lost a direction ends (`Edge.cutOneWay`). Wherever a node of the sync set reaches it, a master results that completes something
 * (DESIGN section 4, links table). Recovery is not counted on.
 *
 * The sync set is the recorded one. A master that hears no answers may have its standby removed by a request that arrives: then nobody but
 * that master is electable. It learns of it from any peer that hears the edge and is heard by it, over others too; where there is none it stands
 * still until it hears again (*cut off*).
 */
import { describeWorld } from '../../support/world/checks.ts'
import type { EdgeWay } from '../../support/world/edge-ways.ts'
import { World } from '../../support/world/world.ts'

const NODES = ['c1-n1', 'c1-n2', 'c1-n3'] as const
type Name = (typeof NODES)[number]
/** Of the settled cluster. */
const SYNC_SET: readonly Name[] = ['c1-n1', 'c1-n2']

type Directed =
  | { readonly between: 'nodes'; readonly from: Name; readonly to: Name }
  | { readonly between: 'edge'; readonly node: Name; readonly way: EdgeWay }

const LINKS: readonly Directed[] = [
  ...NODES.flatMap((from) => NODES.filter((to) => to !== from).map((to) => ({ between: 'nodes', from, to }) as const)),
  ...NODES.flatMap((node) =>
    (['requests', 'answers'] as const).map((way) => ({ between: 'edge', node, way }) as const),
  ),
]

export const COMBINATIONS = 2 ** LINKS.length

/** What was in flight, and sessions that have lost a direction, are gone by then. */
const ENDS_WITHIN_MS = 4_000
/** Something is completed within this time after. */
const WITHIN_MS = 14_000
const SUBMIT_EVERY_MS = 250

export type Tried =
  /** No node of the sync set reaches the edge: from the beginning, or since a removal that its master has not heard of. */
  { readonly result: 'unreachable' | 'cut off' | 'master' } | { readonly result: 'wrong'; readonly why: string }

export function tryLinks(combination: number): Tried {
  const down = LINKS.filter((_, bit) => combination & (1 << bit))
  if (!SYNC_SET.some((node) => reachesEdge(node, down))) return { result: 'unreachable' }
  return tryWorld(down, combination)
}

function tryWorld(down: readonly Directed[], combination: number): Tried {
  const world = new World({ clusters: 1, nodes: 3, seed: 1 + combination, heartbeatBlockMs: 2_000, codec: false })
  if (!world.run(10_000, () => isSettled(world))) return { result: 'wrong', why: 'the cluster does not settle' }
  world.run(200)
  for (const link of down) {
    if (link.between === 'nodes') world.clogOneWay(link.from, link.to)
    else world.cutEdgeOneWay(link.node, link.way)
  }
  submitOften(world, 0)
  world.run(ENDS_WITHIN_MS)
  const before = world.acknowledged.size
  const completes = () => world.acknowledged.size > before && world.masterOf('c1') !== null
  const completed = world.run(WITHIN_MS, completes)
  const [breach] = world.watch.breaches
  if (breach === undefined) {
    if (completed) return { result: 'master' }
    const syncSet = recorded(world)
    if (!syncSet.some((node) => reachesEdge(node, down)) && !isTold(syncSet[0]!, down)) return { result: 'cut off' }
  }
  const acknowledged = `${before} → ${world.acknowledged.size} acknowledged`
  return { result: 'wrong', why: `${describe(down)}: ${acknowledged}\n${breach ?? ''}\n${describeWorld(world)}` }
}

function describe(down: readonly Directed[]): string {
  const names = down.map((link) => {
    if (link.between === 'nodes') return `${link.from}→${link.to}`
    return link.way === 'requests' ? `${link.node}→edge` : `edge→${link.node}`
  })
  return `down: ${names.join(' ') || 'nothing'}`
}

function reachesEdge(node: string, down: readonly Directed[]): boolean {
  return !down.some((link) => link.between === 'edge' && link.node === node)
}

/** Somebody who has a session hears of every change, and what it passes on arrives at this node, over others if need be. */
function isTold(node: string, down: readonly Directed[]): boolean {
  const told = new Set<string>(NODES.filter((each) => reachesEdge(each, down)))
  const carries = (from: string, to: string) =>
    !down.some((link) => link.between === 'nodes' && link.from === from && link.to === to)
  for (const _ of NODES) for (const to of NODES) if ([...told].some((from) => carries(from, to))) told.add(to)
  return told.has(node)
}

function submitOften(world: World, count: number): void {
  world.submit('c1-n1', `k${count}`)
  world.after(SUBMIT_EVERY_MS, () => submitOften(world, count + 1))
}

function isSettled(world: World): boolean {
  const syncSet = recorded(world)
  return syncSet.length === SYNC_SET.length && SYNC_SET.every((node, n) => syncSet[n] === node)
}

/** The master first. */
function recorded(world: World): readonly string[] {
  const { registry } = [...world.authorities.values()][0]!.state
  if (registry.status !== 'founded') return []
  return [registry.master, ...registry.syncSet.filter((node) => node !== registry.master)]
}
