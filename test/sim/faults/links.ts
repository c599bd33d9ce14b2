/** Links that are cut, clogged in one direction, or partition a cluster or the network in every usual shape. */
import type { Host } from '../../support/world/host.ts'
import type { Random } from '../../support/world/random.ts'
import type { Fault, Stage } from './stage.ts'

type Pair = readonly [string, string]

export const linkFaults = {
  cut: {
    weight: 0.5,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const peer = stage.peerOf(host, random)
      if (peer === null) return null
      cutAll(stage, [[host.node, peer.node]], random.between(5, 4_000))
      return `${host.node} and ${peer.node}`
    },
  },
  clogOneWay: {
    weight: 0.4,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const peer = stage.peerOf(host, random)
      if (peer === null) return null
      stage.world.clogOneWay(host.node, peer.node)
      stage.during(random.between(50, 4_000), () => stage.world.mend(host.node, peer.node))
      return `from ${host.node} to ${peer.node}`
    },
  },
  clog: {
    weight: 0.2,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const peer = stage.peerOf(host, random)
      if (peer === null) return null
      stage.world.clog(host.node, peer.node)
      stage.during(random.between(50, 4_000), () => stage.world.mend(host.node, peer.node))
      return `${host.node} and ${peer.node}`
    },
  },
  isolate: {
    weight: 0.2,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const edgeToo = random.chance(0.4)
      const others = stage.hosts.filter((other) => other !== host)
      const forMs = random.between(100, 5_000)
      cutAll(
        stage,
        others.map(({ node }) => [host.node, node] as const),
        forMs,
      )
      if (edgeToo) {
        stage.world.cutEdge(host.node)
        stage.during(forMs, () => stage.world.mendEdge(host.node))
      }
      return `${host.node}${edgeToo ? ', and from the edge' : ''}`
    },
  },
  split: {
    weight: 0.1,
    strike: (stage, random) => {
      const side = halves(stage, random)
      const pairs = allPairs(stage.hosts).filter(([a, b]) => side.has(a) !== side.has(b))
      cutAll(stage, pairs, random.between(100, 5_000))
      return `${[...side].join(' ')} from the rest`
    },
  },
  splitSite: {
    weight: 0.1,
    strike: (stage, random) => {
      const siteOf = (node: string) => stage.world.host(node).site
      const pairs = allPairs(stage.hosts).filter(([a, b]) => siteOf(a) !== siteOf(b))
      cutAll(stage, pairs, random.between(100, 5_000))
      return 'x from y'
    },
  },
  bridge: {
    weight: 0.1,
    strike: (stage, random) => {
      const between = random.pick(stage.hosts).node
      const side = halves(stage, random)
      const pairs = allPairs(stage.hosts).filter(
        ([a, b]) => a !== between && b !== between && side.has(a) !== side.has(b),
      )
      cutAll(stage, pairs, random.between(100, 5_000))
      return `only ${between} sees both sides`
    },
  },
  ring: {
    weight: 0.05,
    strike: (stage, random) => {
      const order = stage.hosts.map(({ node }) => node as string)
      const near = (a: string, b: string) => {
        const apart = Math.abs(order.indexOf(a) - order.indexOf(b))
        return apart === 1 || apart === order.length - 1
      }
      cutAll(
        stage,
        allPairs(stage.hosts).filter(([a, b]) => !near(a, b)),
        random.between(100, 4_000),
      )
      return 'everybody sees two others'
    },
  },
  unfaithful: {
    weight: 0.05,
    strike: (stage, random) => {
      const loss = random.between(0, 0.3)
      const adversity = { loss, duplication: random.between(0, 0.2), reordering: random.between(0, 0.3) }
      stage.world.setLinkAdversity(adversity)
      stage.during(random.between(500, 4_000), () => stage.world.setLinkAdversity(null))
      return `loses ${(100 * loss).toFixed(0)} %, repeats, reorders`
    },
  },
} satisfies Record<string, Fault>

function cutAll(stage: Stage, pairs: readonly Pair[], forMs: number): void {
  for (const [a, b] of pairs) stage.world.cut(a, b)
  stage.during(forMs, () => {
    for (const [a, b] of pairs) stage.world.mend(a, b)
  })
}

function halves(stage: Stage, random: Random): ReadonlySet<string> {
  return new Set(stage.hosts.filter(() => random.chance(0.5)).map(({ node }) => node))
}

function allPairs(hosts: readonly Host[]): readonly Pair[] {
  return hosts.flatMap((a, n) => hosts.slice(n + 1).map((b) => [a.node, b.node] as const))
}
