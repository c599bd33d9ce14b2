import type { Genesis } from '@baton/shared/genesis'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'
import { APPLICATION_FILE } from './schema.ts'

/** The node's place in the network that genesis describes. */
export function checkMembership(config: PartialConfig, genesis: Genesis | null): Problem[] {
  if (genesis === null) return []
  const problems: Problem[] = []
  const known = genesis.clusters.some(({ cluster }) => cluster === config.cluster)
  if (config.cluster !== undefined && !known) {
    problems.push({
      path: ['cluster'],
      message: `cluster = "${config.cluster}" is not in genesis, whose clusters are ${clusterNames(genesis)}`,
    })
  }
  const own = genesis.clusters.find(({ cluster }) => cluster === config.cluster)
  if (own?.arbiter !== undefined && !own.arbiter.members.some(({ node }) => node === config.node)) {
    const names = own.arbiter.members.map(({ node }) => node).join(', ')
    problems.push({
      path: ['node'],
      message: `node = "${config.node}" is not among the members that are the arbiter of ${own.cluster}: ${names} (MJ1)`,
    })
  }
  // What a module is called is known when it is loaded.
  const named = config.application !== undefined && !APPLICATION_FILE.test(config.application)
  if (named && config.application !== genesis.application) {
    problems.push({
      path: ['application'],
      message: `application = "${config.application}" must equal application = "${genesis.application}" in genesis: all clusters execute the same`,
    })
  }
  const present = new Set((config.peers ?? []).map(({ cluster }) => cluster))
  const absent = genesis.clusters.filter(({ cluster }) => cluster !== config.cluster && !present.has(cluster))
  if (known && absent.length > 0) {
    problems.push({
      path: ['peers'],
      message: `[[peers]] names no node of ${absent.map(({ cluster }) => cluster).join(', ')}, but genesis has the clusters ${clusterNames(genesis)}`,
    })
  }
  return problems
}

export function clusterNames(genesis: Genesis): string {
  return genesis.clusters.map(({ cluster }) => cluster).join(', ')
}
