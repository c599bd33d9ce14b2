/** RG3: when was the master last heard, and may silence count yet? */
import { type Instant, type NodeId, sameToken } from '../../ids.ts'
import type { Refusal } from './messages.ts'
import type { FoundedRegistry, Hearing } from './types.ts'

/**
 * The latest moment at which the authority, or any member that reported, heard the recorded master *as master* at
 * the recorded token and not stalled; null when nobody did in this life of the authority.
 */
export function masterLastHeard(registry: FoundedRegistry, hearing: Hearing): Instant | null {
  // After a restore the master acts under the token before, until somebody is granted (RG8).
  const token = registry.lastGrant
  const heard: number[] = []
  if (hearing.masterActedAt !== null) heard.push(hearing.masterActedAt)
  for (const [node, report] of hearing.reports) {
    if (!sameToken(report.token, token)) continue
    if (node === registry.master) {
      if (report.role === 'master' && !report.stalled) heard.push(report.at)
    } else if (report.heardMasterMs !== null) heard.push(report.at - report.heardMasterMs)
  }
  return heard.length === 0 ? null : (Math.max(...heard) as Instant)
}

/** Hearing ends with the master's session: seen open under its token in this life of the authority, and closed. */
export function masterSessionHasClosed(registry: FoundedRegistry, hearing: Hearing): boolean {
  const session = hearing.sessions.get(registry.master)
  return session?.state === 'closed' && (hearing.grantedAt === null || session.at >= hearing.grantedAt)
}

/** Why silence grants nothing now; null when it may. */
export function silenceRefusal(registry: FoundedRegistry, hearing: Hearing, now: Instant): Refusal | null {
  const lastHeard = masterLastHeard(registry, hearing)
  if (lastHeard !== null && now - lastHeard < registry.policy.masterTtlMs) {
    return {
      code: 'MASTER_ALIVE',
      why: `${registry.master} was heard as master ${now - lastHeard} ms ago`,
      retryAfterMs: Math.ceil(registry.policy.masterTtlMs - (now - lastHeard)),
    }
  }
  // A deploy drops every session at once: a young authority that hears nothing knows nothing (DESIGN section 11).
  const age = now - hearing.startedAt
  const graceLeftMs = registry.policy.startupGraceMs - age
  if (graceLeftMs > 0) {
    return { code: 'STARTUP_GRACE', why: `the authority started ${age} ms ago`, retryAfterMs: Math.ceil(graceLeftMs) }
  }
  if (!registry.syncSet.some((node) => isStandbyThatReported(node, registry, hearing))) {
    return { code: 'STARTUP_GRACE', why: 'no standby has reported since the authority started', retryAfterMs: null }
  }
  return null
}

function isStandbyThatReported(node: NodeId, registry: FoundedRegistry, hearing: Hearing): boolean {
  return node !== registry.master && hearing.reports.has(node)
}
