/** What operators are shown of a cluster: the registry, and what is heard of its members. */
import type { Member, RegistryState } from '@baton/shared/core/registry/types'
import type { ClusterId, Instant } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { ClusterStatus, HeardMember } from '../authority-api.ts'

export function statusOf(
  cluster: ClusterId,
  known: RegistryState,
  state: RegistryView | null,
  now: Instant,
): ClusterStatus {
  const { registry } = known
  const members = registry.status === 'absent' ? [] : [...registry.members.values()]
  return { cluster, state, heard: members.map((member) => heardMember(known, member, now)) }
}

export function heardMember({ hearing }: RegistryState, { node, site }: Member, now: Instant): HeardMember {
  const report = hearing.reports.get(node)
  const reportAgeMs = report === undefined ? null : now - report.at
  return { node, site, session: hearing.sessions.get(node)?.state ?? 'none', reportAgeMs }
}
