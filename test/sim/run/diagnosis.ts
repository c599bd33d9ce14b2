/** Why a healed network does not go on: the first cause that applies, from the masters upward. */
import { isLeading } from '@baton/shared/core/node/state'
import type { ClusterId } from '@baton/shared/ids'
import type { Host } from '../../support/world/host.ts'
import type { World } from '../../support/world/world.ts'

export function diagnose(world: World, clusters: readonly ClusterId[], before: ReadonlyMap<string, number>): string {
  for (const cluster of clusters) {
    const hosts = world.nodesOf(cluster)
    const leading = hosts.filter(({ alive, state }) => alive && isLeading(state))
    if (leading.length === 1) continue
    if (leading.length > 1) return `${cluster} has ${leading.map(({ node }) => node).join(' and ')} as masters`
    return `${cluster} has no master: ${whyNoMaster(world, cluster)}`
  }
  for (const cluster of clusters) {
    const master = world.masterOf(cluster)!
    const role = master.state.guard.role
    if (role.role === 'leading' && role.unheldSince !== null) {
      return `${cluster} holds nothing: ${role.required.syncSet} and ${role.required.pending} must have it`
    }
    if (master.state.resync !== null) return `the master of ${cluster} must re-sync: ${master.state.resync}`
  }
  const heights = clusters.map((cluster) => world.masterOf(cluster)!.state.chain.tip.height)
  if (new Set(heights).size > 1) return `the masters stand at heights ${heights.join(', ')}`
  const rounds = clusters.map((cluster) => {
    const { consensus } = world.masterOf(cluster)!.state
    return consensus.kind === 'running' ? `${consensus.round} ${consensus.progress.step}` : consensus.kind
  })
  const stands = clusters.every((cluster) => (before.get(cluster) ?? 0) >= heights[0]!)
  return `${stands ? 'no block is decided' : 'blocks are decided slowly'}: rounds ${rounds.join(', ')}`
}

function whyNoMaster(world: World, cluster: ClusterId): string {
  const { registry } = world.authorities.get(cluster)!.state
  if (registry.status !== 'founded') return 'the registry was never founded'
  const electable = registry.syncSet.map((node) => {
    const host = world.host(node)
    if (!host.alive) return `${node} is down`
    const { resync, election } = host.state
    return resync === null ? `${node} is ${election.role.r}${refusal(host)}` : `${node} must re-sync (${resync})`
  })
  const others = world.nodesOf(cluster).filter(({ node }) => !registry.syncSet.includes(node))
  const claiming = others
    .filter(({ alive, state }) => alive && state.election.role.r === 'claiming')
    .map((host) => `${host.node} outside the sync set claims${refusal(host)}`)
  return `the registry names ${registry.master}; ${[...electable, ...claiming].join('; ')}`
}

/** What the authority last said to a claim of this host. */
function refusal({ events }: Host): string {
  const said = events.findLast(({ event }) => 'e' in event && event.e === 'claimRefused')?.event
  return said !== undefined && 'e' in said && said.e === 'claimRefused' ? `, refused ${said.code}: ${said.why}` : ''
}
