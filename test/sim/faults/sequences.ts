/** Faults that follow one another: situations that single faults seldom make together. */
import { masterAndStandby, syncSetOf } from './cast.ts'
import { mayForget } from './disks.ts'
import { raiseAfter, restoreFrom } from './operators.ts'
import type { Fault } from './stage.ts'

/** For a cluster to have switched, or to have changed its sync set. */
const CHANGES_WITHIN_MS = 5_000

export const sequenceFaults = {
  /** EL6: a process whose disk was emptied restarts again while it re-syncs. */
  emptyTwice: {
    weight: 0.1,
    strike: (stage, random) => {
      const host = stage.victim(random)
      if (!mayForget(stage, host)) return null
      if (host.alive) stage.world.kill(host.node)
      stage.world.wipe(host.node)
      const againFor = random.between(0, 30)
      stage.during(random.between(0, 200), () => stage.world.start(host.node))
      const resyncs = () => host.alive && host.state.resync !== null && host.durableToken !== null
      stage.once(resyncs, 0.5, 2_000, () => stage.mayFail(host) && stage.kill(host, againFor))
      return host.node
    },
  },
  /** NW1: a standby that hears of another cluster's switch from nothing but its own log takes over. */
  unheardSwitch: {
    weight: 0.15,
    strike: (stage, random) => {
      const { world } = stage
      const pair = masterAndStandby(stage, random)
      const elsewhere = stage.hosts.filter(({ cluster }) => cluster !== pair?.master.cluster)
      if (pair === null || elsewhere.length === 0) return null
      const { master, standby } = pair
      const other = world.masterOf(random.pick(elsewhere).cluster)
      if (other === null) return null
      // Soon: a decided block would name the token as well, and tell everybody.
      const [heldAfter, deadFor] = [random.between(1, 80), random.between(2_000, 5_000)]
      for (const { node } of elsewhere) world.cut(standby.node, node)
      world.cutEdge(standby.node)
      stage.during(random.between(3_000, 7_000), () => {
        for (const { node } of elsewhere) world.mend(standby.node, node)
        world.mendEdge(standby.node)
      })
      const before = master.state.masterships.get(other.cluster)
      const knows = () => master.alive && master.state.masterships.get(other.cluster) !== before
      other.feed({ i: 'resign', to: null, leaving: false })
      stage.once(knows, 1, CHANGES_WITHIN_MS, () =>
        stage.soon(heldAfter, () => {
          if (!stage.mayFail(master)) return
          world.mendEdge(standby.node)
          stage.kill(master, deadFor)
        }),
      )
      return `that of ${other.cluster} by ${standby.node}, which then takes over`
    },
  },
  /** EL5: a node that nobody hears, and that hears nothing of a switch, is asked under the token after it. */
  askedUnheard: {
    weight: 0.1,
    strike: (stage, random) => {
      const { world } = stage
      const pair = masterAndStandby(stage, random)
      if (pair === null) return null
      const { master, standby } = pair
      const peers = world.nodesOf(master.cluster).filter((host) => host.alive && host !== master && host !== standby)
      if (peers.length === 0) return null
      const deaf = random.pick(peers)
      const deadFor = random.between(1_000, 4_000)
      const others = world.nodesOf(master.cluster).filter((host) => host !== deaf)
      for (const { node } of others) world.clogOneWay(deaf.node, node)
      world.clogOneWay(standby.node, deaf.node)
      world.cutEdge(deaf.node)
      stage.during(random.between(4_000, 8_000), () => {
        for (const { node } of others) world.mend(deaf.node, node)
        world.mendEdge(deaf.node)
      })
      const succeeded = () => {
        const now = world.masterOf(master.cluster)
        return now !== null && now !== master && syncSetOf(stage, master.cluster).length > 1
      }
      master.feed({ i: 'resign', to: null, leaving: false })
      stage.once(succeeded, 5, CHANGES_WITHIN_MS, () => {
        const now = world.masterOf(master.cluster)
        if (now !== null && stage.mayFail(now)) stage.kill(now, deadFor)
      })
      return deaf.node
    },
  },
  /** RG8: after a restore the first to be heard is one that has been left behind by a change of the sync set. */
  restoreBehind: {
    weight: 0.08,
    strike: (stage, random) => {
      const { world } = stage
      const pair = masterAndStandby(stage, random)
      if (pair === null) return null
      const { master, standby } = pair
      const authority = world.authorities.get(master.cluster)!
      if (authority.arbiter === 'majority') return null
      const backup = authority.backup()
      const others = stage.hosts.filter((host) => host !== standby)
      const cluster = world.nodesOf(master.cluster)
      const [afterMs, aloneMs] = [random.between(50, 1_000), random.between(200, 2_000)]
      for (const { node } of others) world.cut(standby.node, node)
      world.cutEdge(standby.node)
      stage.during(random.between(5_000, 8_000), () => {
        for (const { node } of others) world.mend(standby.node, node)
        world.mendEdge(standby.node)
      })
      const removed = () => !syncSetOf(stage, master.cluster).includes(standby.node)
      stage.once(removed, 5, CHANGES_WITHIN_MS, () =>
        stage.soon(afterMs, () => {
          for (const { node } of cluster) world.cutEdge(node)
          world.mendEdge(standby.node)
          stage.during(aloneMs, () => {
            for (const { node } of cluster) world.mendEdge(node)
          })
          restoreFrom(stage, authority, backup, 10, random)
        }),
      )
      return `the registry of ${master.cluster}, ${standby.node} heard first`
    },
  },
  /** RG8: an operator stops a registry that is in order, and the master dies while it stands still. */
  deathInStandstill: {
    weight: 0.08,
    strike: (stage, random) => {
      const pair = masterAndStandby(stage, random)
      if (pair === null) return null
      const { master } = pair
      const authority = stage.world.authorities.get(master.cluster)!
      // MJ1: nobody asks members to show what they hold, so this would end with what was held given up, and no disk lost.
      if (authority.arbiter === 'majority') return null
      const [diesAfter, deadFor, raiseAfterMs] = [
        random.between(10, 500),
        random.between(1_000, 6_000),
        random.between(2_000, 6_000),
      ]
      authority.operate({ act: 'freeze' })
      raiseAfter(stage, authority, authority.backup(), raiseAfterMs, random)
      stage.soon(diesAfter, () => {
        if (stage.mayFail(master)) stage.kill(master, deadFor)
      })
      return `${master.node} dies while the registry of ${master.cluster} stands still`
    },
  },
} satisfies Record<string, Fault>
