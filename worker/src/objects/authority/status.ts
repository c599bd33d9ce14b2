/** What operators are shown of a cluster: the registry, and what is heard of its members. */
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { ClusterId, Instant } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { ClusterStatus } from '../authority-api.ts'

export function statusOf(
  cluster: ClusterId,
  { registry, hearing }: RegistryState,
  state: RegistryView | null,
  now: Instant,
): ClusterStatus {
  const members = registry.status === 'absent' ? [] : [...registry.members.values()]
  const heard = members.map(({ node, site }) => {
    const report = hearing.reports.get(node)
    const reportAgeMs = report === undefined ? null : now - report.at
    return { node, site, session: hearing.sessions.get(node)?.state ?? ('none' as const), reportAgeMs }
  })
  return { cluster, state, heard }
}
