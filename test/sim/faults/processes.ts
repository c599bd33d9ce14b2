/** Processes that die, stop, come back and hand over, alone or together, at the worst moments. */
import { isLeading } from '@baton/shared/core/node/state'
import type { Fault } from './stage.ts'

export const processFaults = {
  kill: {
    weight: 0.4,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!stage.mayFail(host)) return null
      stage.kill(host, random.between(5, 6_000))
      return host.node
    },
  },
  killCommitting: {
    weight: 0.4,
    strike: (stage, random) => {
      const host = stage.victim(random)
      const forMs = random.between(5, 4_000)
      const kill = () => stage.mayFail(host) && stage.kill(host, forMs)
      stage.once(() => host.committing, 0.05, 200, kill)
      return `${host.node} in the middle of its next commit`
    },
  },
  restart: {
    weight: 0.6,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!stage.mayFail(host)) return null
      stage.kill(host, random.between(0, 30))
      return host.node
    },
  },
  pause: {
    weight: 0.4,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!stage.mayFail(host)) return null
      stage.world.freeze(host.node)
      stage.during(random.between(20, 4_000), () => stage.world.thaw(host.node))
      return host.node
    },
  },
  resign: {
    weight: 0.4,
    strike: (stage, random) => {
      const host = stage.hosts.filter(({ alive, state }) => alive && isLeading(state))
      if (host.length === 0) return null
      const master = random.pick(host)
      master.feed({ i: 'resign', to: null, leaving: false })
      return master.node
    },
  },
  killNewMaster: {
    weight: 0.3,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const before = stage.world.masterOf(cluster)
      const afterMs = random.between(0, 25)
      const isNew = () => {
        const master = stage.world.masterOf(cluster)
        return master !== null && master !== before
      }
      stage.once(isNew, 1, 8_000, () =>
        stage.soon(afterMs, () => {
          const master = stage.world.masterOf(cluster)
          if (master !== null && stage.mayFail(master)) stage.kill(master, random.between(5, 3_000))
        }),
      )
      return `the next master of ${cluster}, ${afterMs.toFixed(0)} ms old`
    },
  },
  whileAdding: {
    weight: 0.3,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const adding = () => {
        const role = stage.world.masterOf(cluster)?.state.guard.role
        return role?.role === 'leading' && role.required.pending.length > 0
      }
      const draws = [random.next(), random.next(), random.next()] as const
      const afterMs = random.between(0, 6)
      stage.once(adding, 0.5, 6_000, () => stage.soon(afterMs, () => disturbAddition(stage, cluster, draws)))
      return `an addition of ${cluster}`
    },
  },
  rolling: {
    weight: 0.05,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const pause = random.between(50, 1_500)
      for (const [n, { node }] of stage.world.nodesOf(cluster).entries()) {
        stage.soon(n * pause, () => {
          const host = stage.world.host(node)
          if (host.alive) stage.kill(host, 10)
        })
      }
      return `restarts all of ${cluster}, one after another`
    },
  },
  site: {
    weight: 0.05,
    strike: (stage, random) => {
      const site = random.pick(['x', 'y'])
      for (const host of stage.hosts) if (host.site === site && host.alive) stage.kill(host, random.between(100, 8_000))
      return `all of ${site}`
    },
  },
} satisfies Record<string, Fault>

/** Decided or not, its answer is lost, the node it adds goes, or it restarts itself. */
function disturbAddition(
  stage: Parameters<Fault['strike']>[0],
  cluster: string,
  [cutEdge, takeAway, restart]: readonly [number, number, number],
): void {
  const { world } = stage
  const host = world.masterOf(cluster)
  const role = host?.state.guard.role
  if (host === null || role?.role !== 'leading') return
  const [added] = role.required.pending
  if (cutEdge < 0.6) {
    world.cutEdge(host.node)
    stage.during(3_000 * cutEdge, () => world.mendEdge(host.node))
  }
  if (added !== undefined && takeAway < 0.3) {
    if (stage.mayFail(world.host(added))) stage.kill(world.host(added), 2_000 * restart)
  } else if (added !== undefined && takeAway < 0.6) {
    world.cut(host.node, added)
    stage.during(2_000 * restart, () => world.mend(host.node, added))
  }
  if (restart < 0.6 && stage.mayFail(host)) stage.kill(host, 50 * restart)
}
