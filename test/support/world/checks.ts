/** What must hold in a world at any time (TESTING: "What must hold"). Each returns the violations it finds. */
import type { Hash } from '@baton/shared/ids'
import type { World } from './world.ts'

export function violations(world: World): readonly string[] {
  return [...conflictingVotes(world), ...forks(world), ...tokenHolders(world)]
}

/** No two different votes of one cluster for one height, round and type ever left it. */
function conflictingVotes(world: World): readonly string[] {
  const first = new Map<string, Hash | null>()
  const found: string[] = []
  for (const { cluster, height, round, type, block } of world.votes) {
    const key = `${cluster} ${height}/${round} ${type}`
    const known = first.get(key)
    if (known === undefined) first.set(key, block)
    else if (known !== block) found.push(`conflicting votes: ${key}`)
  }
  return found
}

/** One block and one result per height, on every node that executed it. */
function forks(world: World): readonly string[] {
  const known = new Map<number, { hash: Hash; result: Hash; node: string }>()
  const found: string[] = []
  for (const host of world.hosts.values()) {
    for (const [height, { hash, result }] of host.executed) {
      const other = known.get(height)
      if (other === undefined) known.set(height, { hash, result, node: host.node })
      else if (other.hash !== hash) found.push(`fork at ${height}: ${other.node} and ${host.node}`)
      else if (other.result !== result) found.push(`results differ at ${height}: ${other.node} and ${host.node}`)
    }
  }
  return found
}

/** One holder per token, for ever; epochs rise by one. */
function tokenHolders(world: World): readonly string[] {
  const found: string[] = []
  for (const [cluster, { grants }] of world.authorities) {
    for (const [i, grant] of grants.entries()) {
      if (grant.epoch !== i + 1) found.push(`${cluster}: grant ${i + 1} has epoch ${grant.epoch}`)
    }
  }
  return found
}

/** Acknowledged transactions that a live node at the highest height does not have, or has more than once. */
export function lostOrDoubled(world: World): readonly string[] {
  const found: string[] = []
  for (const host of world.hosts.values()) {
    if (!host.alive) continue
    for (const id of world.acknowledged) {
      if (host.store.transaction(id) === null) found.push(`${host.node} lost ${id.slice(0, 8)}`)
    }
  }
  return found
}
