/** EL8: a living master is not switched back and forth. Never holds back a switch from a dead or ordered one. */
import type { Claim } from '../../crypto/statement-types.ts'
import type { Instant, UnixMs } from '../../ids.ts'
import { refusal } from './electable.ts'
import { masterSessionHasClosed, silenceRefusal } from './hearing.ts'
import type { Refusal, RegistryContext } from './messages.ts'
import type { FoundedRegistry, Hearing, KnownGrant, Switches } from './types.ts'

const HOUR_MS = 3_600_000

/** Why a resigning master must stay for now; null when it may go, or when the claim is no such thing. */
export function settlingRefusal(
  registry: FoundedRegistry,
  hearing: Hearing,
  claim: Claim,
  { now, wallClock }: RegistryContext,
): Refusal | null {
  if (!isUnforced(claim, registry)) return null
  const living = livingRefusal(registry, hearing, now)
  const settling = living === null ? null : settlingFor(registry, claim, wallClock)
  if (settling === null) return null
  // Should it not go on, it is a dead one by then.
  const [left, silent] = [settling.retryAfterMs ?? Infinity, living?.retryAfterMs ?? Infinity]
  return { ...settling, retryAfterMs: Math.min(left, silent) }
}

/** Why this node may not be handed the mastership by a living master now; null when it may. */
export function settlingFor(registry: FoundedRegistry, claim: Pick<Claim, 'node'>, wallClock: UnixMs): Refusal | null {
  const { settleTimeMs, switchesPerHour } = registry.policy
  const { last, living } = registry.switches
  if (last !== null && (last.from === claim.node || last.from === null)) {
    const leftMs = settleTimeMs - ageOf(last.at, wallClock)
    const whom = last.from ?? 'a node that this registry has forgotten'
    if (leftMs > 0) return refusal('SETTLING', `the mastership left ${whom} a moment ago`, leftMs)
  }
  const recent = living.filter((at) => ageOf(at, wallClock) < HOUR_MS)
  if (recent.length < switchesPerHour) return null
  const leftMs = HOUR_MS - ageOf(recent[0]!, wallClock)
  return refusal('SETTLING', `${recent.length} switches from a living master in the last hour`, leftMs)
}

/** What is remembered after a grant: no more than the next decision needs. */
export function switchesAfter(
  registry: FoundedRegistry,
  hearing: Hearing,
  claim: Claim,
  { now, wallClock }: RegistryContext,
): Switches {
  const { switches, master: from, policy } = registry
  if (claim.node === from) return switches
  const last = { at: wallClock, from }
  if (!isUnforced(claim, registry) || livingRefusal(registry, hearing, now) === null) return { ...switches, last }
  const recent = switches.living.filter((at) => ageOf(at, wallClock) < HOUR_MS)
  return { last, living: [...recent, wallClock].slice(-policy.switchesPerHour) }
}

/**
 * RG8: what a registry that was restored from `before` learns of the switches since from the grant that its members have shown. Who was
 * master before that grant is known only when it is the next one.
 */
export function switchesAfterRestore(before: FoundedRegistry | null, { epoch, node, issuedAt }: KnownGrant): Switches {
  const { lastGrant, switches } = before ?? { lastGrant: null, switches: NO_SWITCHES }
  const known = lastGrant?.epoch ?? 0
  if (epoch <= known || epoch === 1) return switches
  const from = lastGrant !== null && epoch === known + 1 ? lastGrant.node : null
  return from === node ? switches : { ...switches, last: { at: issuedAt, from } }
}

/** The master has resigned or is to be relieved, and nobody has ordered it to. */
function isUnforced({ evidence: { kind } }: Claim, { orders }: FoundedRegistry): boolean {
  return (kind === 'resigned' || kind === 'planned') && orders.length === 0
}

/**
 * Why the master counts as living; null when it has left, or was not heard as master for `masterTtl` (its log is gone, say): then it does not
 * go on.
 */
function livingRefusal(registry: FoundedRegistry, hearing: Hearing, now: Instant): Refusal | null {
  return masterSessionHasClosed(registry, hearing) ? null : silenceRefusal(registry, hearing, now)
}

/** A wall clock that was set back must not hold anybody up: what lies in the future is long past. */
function ageOf(at: UnixMs, wallClock: UnixMs): number {
  return at > wallClock ? Number.POSITIVE_INFINITY : wallClock - at
}

export const NO_SWITCHES: Switches = { last: null, living: [] }
