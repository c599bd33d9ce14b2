/** MJ1: members of a cluster that is its own arbiter want something at once, while what they say comes late and some of them die. */
import type { UnixMs } from '@baton/shared/ids'
import { WorldMajority } from '../../support/world/majority.ts'
import type { Random } from '../../support/world/random.ts'
import type { Fault, Stage } from './stage.ts'

/** A pause that is over before anybody could miss a switch: a change of the registry, and no more. */
const PAUSE_MS = 20

export const rivalFaults = {
  rivals: {
    weight: 0.6,
    strike: (stage, random) => {
      const { world } = stage
      const majority = pick(stage, random)
      if (majority === null) return null
      const hosts = world.nodesOf(majority.cluster)
      const asks = random.integer(12) + 4
      const withinMs = random.pick([20, 200, 1_000])
      for (let n = 0; n < asks; n++) {
        const host = random.pick(hosts)
        stage.soon(random.between(0, withinMs), () => {
          // By the slowest wall clock: on all others it is over at once.
          const until = Math.min(...hosts.map(({ clock }) => clock.wall())) + PAUSE_MS + n
          majority.ask(host, { act: 'pause', until: until as UnixMs })
        })
      }
      for (let n = random.integer(4); n > 0; n--) {
        const [from, to] = [random.pick(hosts), random.pick(hosts)]
        const [atMs, forMs] = [random.between(0, withinMs), random.between(5, 2 * withinMs)]
        if (from === to) continue
        stage.soon(atMs, () => {
          world.clogOneWay(from.node, to.node)
          stage.during(forMs, () => world.mend(from.node, to.node))
        })
      }
      for (let n = random.integer(3); n > 0; n--) {
        const [dies, atMs, deadFor] = [random.pick(hosts), random.between(0, withinMs), random.between(1, 300)]
        stage.soon(atMs, () => {
          if (stage.mayFail(dies)) stage.kill(dies, deadFor)
        })
      }
      return `${asks} requests to members of ${majority.cluster} within ${withinMs} ms`
    },
  },
} satisfies Record<string, Fault>

/** Null: no cluster is its own arbiter. */
function pick(stage: Stage, random: Random): WorldMajority | null {
  const majorities = [...stage.world.authorities.values()].filter((authority) => authority instanceof WorldMajority)
  return majorities.length === 0 ? null : random.pick(majorities)
}
