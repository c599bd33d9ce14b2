/** Nodes at fault that the audit is to find (NW4, NW5). */
import type { Host } from '../../support/world/host.ts'
import { miscounting } from './miscounting.ts'
import type { Fault, Stage } from './stage.ts'

export const errorFaults = {
  /** One node computes wrong results, mostly a master; its program is put right later. */
  miscount: {
    weight: 0.08,
    strike: (stage, random) => {
      const { cluster } = stage.victim(random)
      const host = stage.world.masterOf(cluster)
      if (host === null || !mayMiscount(stage, host)) return null
      stage.world.miscount(host.node, miscounting(stage.world.application))
      stage.during(random.between(3_000, 15_000), () => stage.world.putRight(host.node))
      return host.node
    },
  },
} satisfies Record<string, Fault>

/** Such a node can neither execute nor be elected: as one that is down, it must leave enough others. */
function mayMiscount(stage: Stage, host: Host): boolean {
  return !stage.hosts.some(({ miscounts, traitor }) => miscounts || traitor) && stage.mayFail(host)
}
