/** `baton node list`: the members of a cluster with what their certificates say and what is heard of them. */
import type { Member, RegistryState } from '@baton/shared/core/registry/types'
import type { ClusterId, Instant } from '@baton/shared/ids'
import type { KnownNode } from '../authority-api.ts'
import { heardMember } from './status.ts'

export function knownNodes(cluster: ClusterId, state: RegistryState, now: Instant): readonly KnownNode[] {
  const { registry } = state
  if (registry.status === 'absent') return []
  const roleOf = ({ node }: Member): KnownNode['role'] => {
    if (registry.status !== 'founded') return 'ordinary'
    if (node === registry.master) return 'master'
    return registry.syncSet.includes(node) ? 'standby' : 'ordinary'
  }
  const sorted = [...registry.members.values()].sort((a, b) => (a.node < b.node ? -1 : 1))
  return sorted.map((member) => {
    const { key, peerAddress, apiAddress, expiresAt, revoked = false, node } = member
    const said = { key, peerAddress, apiAddress, expiresAt, revoked, barred: registry.bars.includes(node) }
    return { cluster, ...heardMember(state, member, now), ...said, role: roleOf(member) }
  })
}
