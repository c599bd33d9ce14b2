/** Two copies of one node with one key and one name: a machine that was cloned. Its cluster is one that lies from then on. */
import type { Fault } from './stage.ts'

export const twinFaults = {
  /** NW4: a master is there twice. Who reaches which copy changes when it strikes again; both go on to the end of the run. */
  twins: {
    weight: 0.3,
    strike: (stage, random) => {
      const { twins, hosts } = stage.world
      const reachesSecond = () => random.chance(0.5)
      const [known] = twins.seconds.keys()
      if (known !== undefined) {
        twins.route(hosts.get(known)!, reachesSecond)
        return `others reach the copies of ${known}`
      }
      const { cluster } = stage.victim(random)
      const master = stage.world.masterOf(cluster)
      if (master === null || master.frozen || !stage.mayLie(cluster)) return null
      // MJ1: members are honest with each other. Two copies of one have one vote, and would promise with it twice.
      if (stage.world.authorities.get(cluster)!.arbiter === 'majority') return null
      twins.make(master, reachesSecond)
      return `there are two of ${master.node}`
    },
  },
} satisfies Record<string, Fault>
