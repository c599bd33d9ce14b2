/** The edge: out of reach for one or for all, restarted, running twice, slow, losing and repeating what is said. */
import type { Fault } from './stage.ts'

const FAITHFUL = { loss: 0, duplication: 0, slowness: 1 } as const

export const edgeFaults = {
  cutEdge: {
    weight: 0.4,
    strike: (stage, random) => {
      const host = stage.victim(random)
      stage.world.cutEdge(host.node)
      stage.during(random.between(5, 5_000), () => stage.world.mendEdge(host.node))
      return host.node
    },
  },
  edgeDown: {
    weight: 0.1,
    strike: (stage, random) => {
      if (!stage.world.edgeUp) return null
      stage.world.cutEdge()
      stage.during(random.between(50, 8_000), () => stage.world.mendEdge())
      return 'for all'
    },
  },
  deploy: {
    weight: 0.15,
    strike: (stage, random) => {
      if (!stage.world.edgeUp) return null
      stage.world.cutEdge()
      stage.during(random.between(0, 50), () => stage.world.mendEdge())
      return 'all authorities restart'
    },
  },
  doubled: {
    weight: 0.2,
    strike: (stage, random) => {
      const authority = random.pick([...stage.world.authorities.values()])
      authority.double()
      stage.during(random.between(100, 3_000), () => authority.undouble())
      // Some find the new instance by themselves.
      for (const host of stage.world.nodesOf(authority.cluster)) {
        if (random.chance(0.5)) stage.world.reconnect(host.node)
      }
      return `the authority of ${authority.cluster}`
    },
  },
  slowEdge: {
    weight: 0.1,
    strike: (stage, random) => {
      const slowness = random.pick([10, 100, 500])
      stage.world.setEdgeAdversity({ ...FAITHFUL, slowness })
      stage.during(random.between(500, 4_000), () => stage.world.setEdgeAdversity(FAITHFUL))
      return `${slowness} times`
    },
  },
  forgetfulEdge: {
    weight: 0.1,
    strike: (stage, random) => {
      const [loss, duplication] = [random.between(0, 0.5), random.between(0, 0.3)]
      stage.world.setEdgeAdversity({ loss, duplication, slowness: 1 })
      stage.during(random.between(500, 5_000), () => stage.world.setEdgeAdversity(FAITHFUL))
      return `loses ${(100 * loss).toFixed(0)} % of the requests and answers`
    },
  },
} satisfies Record<string, Fault>
