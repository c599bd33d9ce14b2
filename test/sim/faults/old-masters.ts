/** Masters that everybody has given up, and what they have said meanwhile (section 6). */
import { masterAndStandby, syncSetOf } from './cast.ts'
import type { Fault } from './stage.ts'

const RECOVERS_WITHIN_MS = 12_000

export const oldMasterFaults = {
  /**
   * RC1: nobody hears a sync set, and another node recovers. What the old master has signed since arrives late: while the recovering epoch
   * is the newest, or after a log was handed over and a clean switch, at a height that stands still.
   */
  lateVotes: {
    weight: 0.08,
    strike: (stage, random) => {
      const { world } = stage
      const pair = masterAndStandby(stage, random)
      const elsewhere = stage.hosts.filter(({ cluster }) => cluster !== pair?.master.cluster)
      if (pair === null || elsewhere.length === 0) return null
      const { master } = pair
      const { cluster } = master
      const hidden = world.nodesOf(cluster).filter(({ node }) => syncSetOf(stage, cluster).includes(node))
      const left = world.nodesOf(cluster).filter((host) => !hidden.includes(host))
      if (left.length === 0) return null
      const receiver = random.pick(elsewhere).cluster
      const [standsStill, flowAfter] = [random.chance(0.5), random.between(5, 300)]
      const apart = hidden.flatMap((a) => left.map((b) => [a.node, b.node] as const))
      const near = [...world.nodesOf(cluster), ...world.nodesOf(receiver)]
      const far = standsStill ? stage.hosts.filter((host) => !near.includes(host)) : []
      const around = near.flatMap((a) => far.map((b) => [a.node, b.node] as const))

      for (const [a, b] of [...apart, ...around]) world.cut(a, b)
      for (const { node } of hidden) world.cutEdge(node)
      // Later masters of the cluster say the same again under their own tokens: that is to come after the old word.
      const silenced = standsStill ? world.nodesOf(cluster) : [master]
      for (const from of silenced) for (const { node } of elsewhere) world.clogOneWay(from.node, node)
      const shows = () => {
        for (const [a, b] of apart) world.mend(a, b)
        for (const { node } of hidden) world.mendEdge(node)
      }
      const flows = () => {
        for (const host of elsewhere) if (!far.includes(host)) world.mend(master.node, host.node)
      }
      stage.during(RECOVERS_WITHIN_MS + 3_000, () => {
        shows()
        for (const [a, b] of around) world.mend(a, b)
        for (const from of silenced) for (const { node } of elsewhere) world.mend(from.node, node)
      })

      const before = world.authorities.get(cluster)!.grants.length
      const knows = (recovering: boolean) => () => {
        const grant = world.authorities.get(cluster)!.grants.at(-1)
        const known = world.masterOf(receiver)?.state.masterships.get(cluster)
        if (grant === undefined || world.authorities.get(cluster)!.grants.length === before) return false
        return known?.epoch === grant.epoch && known.recovering === recovering
      }
      const mayHandOver = () => {
        const { registry } = world.authorities.get(cluster)!.state
        return registry.status === 'founded' && registry.recovery === null && registry.syncSet.length > 1
      }
      stage.once(knows(true), 2, RECOVERS_WITHIN_MS, () => {
        if (!standsStill) {
          stage.soon(flowAfter, flows)
          return
        }
        shows()
        stage.once(mayHandOver, 2, RECOVERS_WITHIN_MS, () => {
          const resigns = () => {
            if (knows(false)()) return
            world.masterOf(cluster)?.feed({ i: 'resign', to: null, leaving: false })
            stage.soon(100, resigns)
          }
          resigns()
          stage.once(knows(false), 1, RECOVERS_WITHIN_MS, flows)
        })
      })
      return `those of ${master.node} to ${receiver}${standsStill ? ', where the chain stands still' : ''}`
    },
  },
} satisfies Record<string, Fault>
