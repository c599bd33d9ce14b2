/** What nodes and operators are told of the registry (DESIGN section 3). */
import type { RecordedSyncSet } from '../../crypto/recorded-sync-set.ts'
import type { Credential, Grant } from '../../crypto/statement-types.ts'
import type { MemberView, RegistryView } from '../../protocol/control.ts'
import { standstill } from './freeze.ts'
import type { FoundedRegistry, GrantRecord, Member } from './types.ts'

/** `credential` is the signed form of `registry.lastGrant`. */
export function viewOf(registry: FoundedRegistry, credential: Credential): RegistryView {
  const { network, cluster, generation, epoch, version, master, syncSet, coming, recovery, bars, orders, pause } =
    registry
  const { quarantine, switchover } = registry
  const members = [...registry.members.values()].sort((a, b) => (a.node < b.node ? -1 : 1)).map(memberView)
  return {
    network,
    cluster,
    generation,
    epoch,
    version,
    master,
    syncSet,
    coming,
    recovering: recovery !== null,
    members,
    lastClean: recovery?.lastClean ?? null,
    bars,
    quarantine,
    orders,
    pause,
    switchover,
    frozen: standstill(registry),
    reshape: registry.reshape,
    credential,
  }
}

/** The payload of the grant statement: the same record gives the same payload, so the same signature. */
export function grantOf(registry: FoundedRegistry, record: GrantRecord): Grant {
  const { certificate: _, ...payload } = record
  return { network: registry.network, cluster: registry.cluster, ...payload }
}

/** RG4: what the authority signs of the sync set. Null while the registry stands still: what is recorded may be void (RG8). */
export function recordedSyncSet(registry: FoundedRegistry): RecordedSyncSet | null {
  if (standstill(registry) !== null) return null
  const { network, cluster, generation, epoch, version, syncSet, reshape } = registry
  return { network, cluster, generation, epoch, version, syncSet, reshape }
}

function memberView(member: Member): MemberView {
  const { node, site, certificate, peerAddress, apiAddress, priority, noFailover } = member
  return { node, site, certificate, peerAddress, apiAddress, priority, noFailover }
}
