/** RG2, RG9, EL4, ID8: which members may be elected at all, whatever their evidence. */
import { type NodeId, sameToken, type UnixMs } from '../../ids.ts'
import type { Refusal } from './messages.ts'
import type { FoundedRegistry, Hearing, Member } from './types.ts'

/** Why this member may not be elected, in the sync set or not; null when it may. `bars` are those that count. */
export function electionRefusal(
  registry: FoundedRegistry,
  member: Member,
  wallClock: UnixMs,
  bars = registry.bars,
): Refusal | null {
  const { node } = member
  if (member.revoked === true) return refusal('CERTIFICATE_REVOKED', `the key of ${node} is revoked`)
  if (wallClock >= member.expiresAt) return refusal('CERTIFICATE_EXPIRED', `the certificate of ${node} has expired`)
  if (bars.includes(node)) return refusal('NOT_ELECTABLE', `${node} is barred`)
  if (member.noFailover && node !== registry.master) {
    return refusal('NOT_ELECTABLE', `${node} has noFailover set`)
  }
  return null
}

/** Members of the sync set other than the master that may be elected, as far as is known of their logs. */
export function electableStandbys(registry: FoundedRegistry, hearing: Hearing, wallClock: UnixMs): readonly NodeId[] {
  return registry.syncSet.filter((node) => {
    const member = registry.members.get(node)
    if (node === registry.master || member === undefined) return false
    return electionRefusal(registry, member, wallClock) === null && !logIsShort(registry, hearing, node)
  })
}

/** EL6: it says itself that its log is not complete, or that it ends below what it acknowledged under the recorded token. */
export function logIsShort(registry: FoundedRegistry, hearing: Hearing, node: NodeId): boolean {
  const report = hearing.reports.get(node)
  return report !== undefined && sameToken(report.token, registry.lastGrant) && !report.complete
}

/** EL6: in its present session, so that its claim would be refused. */
export function saysItMustResync({ reports, sessions }: Hearing, node: NodeId): boolean {
  const report = reports.get(node)
  const session = sessions.get(node)
  return session?.state === 'open' && report?.session === session.id && report.resyncs
}

export function refusal(code: Refusal['code'], why: string, retryAfterMs: number | null = null): Refusal {
  return { code, why, retryAfterMs: retryAfterMs === null ? null : Math.ceil(retryAfterMs) }
}
