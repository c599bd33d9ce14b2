/** RG6: when a node outside the sync set may have the epoch, without the vote records of its predecessor. */
import type { Instant, NodeId } from '../../ids.ts'
import { faultsTolerated } from '../ledger/types.ts'
import { electableStandbys, logIsShort, refusal } from './electable.ts'
import type { Refusal, RegistryContext } from './messages.ts'
import { type FoundedRegistry, grantedToken, type Hearing, type Recovery } from './types.ts'

/** What still stands against a recovering grant; null when nothing does. */
export function recoveryRefusal(registry: FoundedRegistry, hearing: Hearing, context: RegistryContext): Refusal | null {
  const { recoverAfterMs } = registry.policy
  if (registry.policy.recovery === 'operator' && registry.fenced === null) {
    return notYet('an operator has not confirmed that the hosts of the predecessor are fenced')
  }
  const ageMs = context.now - hearing.startedAt
  if (ageMs < recoverAfterMs) return notYet(`the authority started ${ageMs} ms ago`, recoverAfterMs - ageMs)
  return lifeRefusal(registry, hearing, context) ?? foreignRefusal(registry, hearing, context.now)
}

/** The mark that a recovering grant leaves. */
export function recoveryAfter(registry: FoundedRegistry): Recovery {
  return registry.recovery ?? { lastClean: { token: grantedToken(registry), syncSet: registry.syncSet } }
}

interface SignOfLife {
  readonly at: Instant
  readonly what: string
}

/** Somebody in the sync set who could go on, or take over, was heard of late: here or by any member. */
function lifeRefusal(registry: FoundedRegistry, hearing: Hearing, context: RegistryContext): Refusal | null {
  // A barred master goes on (RG9); one that came back with an emptied disk never will, however often it reports (EL6).
  const gone = logIsShort(registry, hearing, registry.master) || gaveUpRevoked(registry, hearing)
  const master = gone ? [] : [registry.master]
  const able = [...master, ...electableStandbys(registry, hearing, context.wallClock)]
  const signs = [...able.flatMap((node) => heardHere(node, hearing)), ...heardByMembers(registry, hearing)]
  if (hearing.masterActedAt !== null) signs.push({ at: hearing.masterActedAt, what: `${registry.master} acted` })
  const last = signs.reduce<SignOfLife | null>(
    (best, sign) => (best !== null && best.at >= sign.at ? best : sign),
    null,
  )
  if (last === null) return null
  const ageMs = context.now - last.at
  const leftMs = registry.policy.recoverAfterMs - ageMs
  return leftMs > 0 ? notYet(`${last.what} ${ageMs} ms ago`, leftMs) : null
}

/** ID8: a master under a revoked key goes on, but one that has given its office up is granted nothing any more. */
function gaveUpRevoked({ master, members }: FoundedRegistry, hearing: Hearing): boolean {
  const report = hearing.reports.get(master)
  return members.get(master)?.revoked === true && report !== undefined && report.role !== 'master'
}

/** A session that is open and silent is no sign: the socket of a host that lost its power may never close. */
function heardHere(node: NodeId, hearing: Hearing): readonly SignOfLife[] {
  const session = hearing.sessions.get(node)
  const report = hearing.reports.get(node)
  const signs: SignOfLife[] = []
  if (session !== undefined)
    signs.push({ at: session.at, what: `the session of ${node} ${session.state === 'open' ? 'opened' : 'closed'}` })
  if (report !== undefined) signs.push({ at: report.at, what: `${node} reported` })
  return signs
}

function heardByMembers(registry: FoundedRegistry, hearing: Hearing): readonly SignOfLife[] {
  return [...hearing.reports].flatMap(([node, report]) => {
    // What the master itself hears of its standbys counts too; that it hears itself says nothing.
    const ages = node === registry.master ? [report.heardSyncSetMs] : [report.heardMasterMs, report.heardSyncSetMs]
    return ages.flatMap((ageMs) =>
      ageMs === null ? [] : [{ at: (report.at - ageMs) as Instant, what: `${node} heard the sync set` }],
    )
  })
}

/** Masters of more than f other clusters, so a correct one among them, have heard no vote of this one. */
function foreignRefusal(registry: FoundedRegistry, hearing: Hearing, now: Instant): Refusal | null {
  const { recoverAfterMs } = registry.policy
  const heard = hearing.foreignSilence
  if (heard === null || now - heard.at > recoverAfterMs / 3) {
    return notYet('nothing was heard of late about votes of this cluster elsewhere')
  }
  const f = faultsTolerated(heard.clusters)
  if (heard.reporters <= f) {
    return notYet(`masters of ${heard.reporters} other clusters report about this one, more than ${f} are needed`)
  }
  const leftMs = recoverAfterMs - heard.silentForMs
  return leftMs > 0 ? notYet(`a vote of this cluster was heard ${heard.silentForMs} ms ago elsewhere`, leftMs) : null
}

function notYet(why: string, retryAfterMs: number | null = null): Refusal {
  return refusal('NOT_ELECTABLE', `no recovery yet: ${why}`, retryAfterMs)
}
