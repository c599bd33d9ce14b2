/** GU1, watched from outside: what was ever held, and whether anybody goes back behind it. */
import type { Hash, NodeId } from '@baton/shared/ids'
import { type Cluster, isLeading, type Place, place } from './types.ts'

/** Hashes of what this master holds, on its own disk too: what may have left the cluster. */
export function heldHashes(at: Place): readonly Hash[] {
  if (at.guard.role.role !== 'leading') return []
  return at.disk.entries.slice(0, at.guard.role.held).map((entry) => entry.hash)
}

/** Remembers what a master has come to hold. */
export function hold(cluster: Cluster, node: NodeId): Cluster {
  const at = place(cluster, node)
  const { truth } = cluster
  if (!isLeading(at) || at.guard.token.epoch < truth.from || at.guard.role.role !== 'leading') return cluster
  const length = Math.min(at.guard.role.held, at.disk.entries.length)
  const shared = Math.min(length, truth.hashes.length)
  if (shared > 0 && at.disk.entries[shared - 1]!.hash !== truth.hashes[shared - 1]) {
    const why = `GU1: ${node} holds another entry ${shared} than was held before`
    return { ...cluster, broken: [...cluster.broken, why] }
  }
  return length <= truth.hashes.length ? cluster : { ...cluster, truth: { ...truth, hashes: heldHashes(at) } }
}
