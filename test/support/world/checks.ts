/** What must hold in a world at any time, and what must hold when all is mended. Each returns what it finds wrong. */
import { isLeading } from '@baton/shared/core/node/state'
import { restoreWaits } from '@baton/shared/core/registry/restore-best'
import type { Registry } from '@baton/shared/core/registry/types'
import type { World } from './world.ts'

/** Everything that broke so far, and what is wrong now. */
export function violations(world: World): readonly string[] {
  world.watch.recount()
  return world.watch.breaches
}

/** Acknowledged transactions that a live node does not have. */
export function lost(world: World): readonly string[] {
  const found: string[] = []
  for (const host of world.hosts.values()) {
    if (!host.alive) continue
    for (const id of world.acknowledged) {
      if (host.store.transaction(id) === null) found.push(`${host.node} lost ${id.slice(0, 8)}`)
    }
  }
  return found
}

/** All live nodes have executed the same blocks. */
export function agree(world: World): boolean {
  const tips = [...world.hosts.values()]
    .filter(({ alive, traitor }) => alive && !traitor)
    .map(({ state }) => state.chain.tip.hash)
  return new Set(tips).size === 1
}

/** What keeps a mended world from being whole: every node up and electable, one master per cluster with its standbys. */
export function unsettled(world: World): readonly string[] {
  const found: string[] = []
  for (const { cluster, policy } of world.genesis.clusters) {
    const hosts = world.nodesOf(cluster)
    const standbys = Math.min(policy.syncReplicas, hosts.length - 1)
    const leading = hosts.filter(({ alive, state }) => alive && isLeading(state))
    if (leading.length !== 1) found.push(`${cluster} has ${leading.length} masters`)
    const role = leading[0]?.state.guard.role
    if (role?.role === 'leading' && role.required.syncSet.length <= standbys) {
      found.push(`${cluster} has only ${role.required.syncSet} in its sync set`)
    }
    for (const { node, alive, state } of hosts) {
      if (!alive) found.push(`${node} is down`)
      else if (state.resync !== null) found.push(`${node} must re-sync: ${state.resync}`)
    }
  }
  if (!agree(world)) found.push('tips differ')
  return found
}

/** One line per node, for the message of a failed test. */
export function describeWorld(world: World): string {
  const hosts = [...world.hosts.values()].map(({ node, alive, frozen, state: s }) => {
    const { guard } = s
    const role = guard.role
    const follows = role.role === 'following' ? ` ${role.master} ${role.attached ? 'attached' : 'loose'}` : ''
    const leads =
      role.role === 'leading'
        ? ` v${role.required.version} sync ${role.required.syncSet} pending ${role.required.pending} held ${role.held}` +
          ` ${JSON.stringify(role.reshaping)} suspects ${[...role.suspects]}` +
          ` followers ${[...role.followers].map(([n, f]) => `${n}:${f.acked.index}/${f.sent}`)}`
        : ''
    return (
      `${node} ${alive ? (frozen ? 'frozen' : 'up') : 'down'} ${s.election.role.r} ${role.role}${follows}` +
      ` token ${guard.token.epoch} log ${guard.base.index}..${guard.last.index} known held ${guard.knownHeld}` +
      ` ${s.consensus.kind} tip ${s.chain.tip.height} decided ${[...s.decided.keys()]}${leads}` +
      `${s.resync === null ? '' : ` resync ${s.resync}`}` +
      `${s.catchUp === null ? '' : ` catching up to ${s.catchUp.target} from ${s.catchUp.peer}`}`
    )
  })
  const registries = [...world.authorities.values()].map(({ cluster, state }) =>
    describeRegistry(cluster, state.registry),
  )
  const rejected = world.rejected.slice(-12).map(({ node, why }) => `rejected by ${node}: ${why}`)
  return [...hosts, ...registries, ...rejected].join('\n')
}

function describeRegistry(cluster: string, registry: Registry): string {
  if (registry.status !== 'founded') return `registry ${cluster}: ${registry.status}`
  const { generation, epoch, version, master, syncSet, frozen, recovery, pause, bars } = registry
  const waits = restoreWaits(registry)
  return (
    `registry ${cluster}: epoch ${generation}.${epoch} v${version} ${master} of ${syncSet}` +
    `${frozen === null ? '' : `, frozen: ${frozen}`}${waits === null ? '' : `, ${waits}`}` +
    `${recovery === null ? '' : ', recovering'}${pause === null ? '' : ', paused'}${bars.length === 0 ? '' : `, bars ${bars}`}`
  )
}
