/** Whose database this is: names are never reused (RG8), so a database of another genesis is never opened. */
import type { ClusterId, Hash } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'
import { readMeta, writeMeta } from './meta.ts'
import type { Sql } from './sql.ts'

export function claimForGenesis(sql: Sql, genesis: Hash): Result<null> {
  const owner = readMeta(sql, 'genesis')
  if (owner === null) writeMeta(sql, 'genesis', genesis)
  if (owner === null || owner === genesis) return success(null)
  return failure('CONFIG_INVALID', `this registry belongs to genesis ${owner}, the configured one is ${genesis}`)
}

export function clusterOfDatabase(sql: Sql): ClusterId | null {
  return readMeta(sql, 'cluster') as ClusterId | null
}

export function keepCluster(sql: Sql, cluster: ClusterId): void {
  if (readMeta(sql, 'cluster') === null) writeMeta(sql, 'cluster', cluster)
}
