/** RG8: what a restore makes of the registry. */
import { assert } from '../../assert.ts'
import { type Epoch, sameToken, type Token, type Version } from '../../ids.ts'
import { ordersAfter } from './orders.ts'
import { type Best, bestOf } from './restore-best.ts'
import { switchesAfterRestore } from './switches.ts'
import type { Created, FoundedRegistry, GrantRecord, KnownGrant, Recovery } from './types.ts'

/**
 * The restore ends before everybody has shown what they hold. Whoever is granted next recovers: there may have been later
 * masters. Null when nothing is known at all: then the founder begins anew.
 */
export function acceptIncomplete(registry: Created): Created {
  const version = (registry.version + 1) as Version
  const best = bestOf(registry)
  const member = best === null ? undefined : registry.members.get(best.grant.node)
  if (best === null || (member === undefined && registry.status === 'unfounded')) {
    return { ...registry, version, restore: null }
  }
  // A sync set that nobody can show may have gone on without those who can: no log is known to have everything (RC3).
  const { token } = recoveryOf(registry, best)?.lastClean ?? { token: tokenIn(best.grant) }
  const recovery: Recovery = { lastClean: { token, syncSet: [] } }
  // A node that never registered has no certificate here: the recorded master stays, and the mark is what counts.
  if (member === undefined && registry.status === 'founded') {
    return { ...registry, version, restore: null, recovery, orders: ordersAfter(registry, registry.master) }
  }
  // Nor can it be in the sync set here.
  const syncSet = best.syncSet.filter((node) => registry.members.has(node))
  return { ...adopt(registry, { ...best, syncSet }), recovery }
}

/** Master and sync set as of `best`, under the new generation: no token that was ever granted comes back. */
export function adopt(registry: Created, best: Best): FoundedRegistry {
  const { grant, syncSet, version } = best
  const founded = registry.status === 'founded' ? registry : null
  const recorded = {
    epoch: Math.max(founded?.epoch ?? 0, grant.epoch) as Epoch,
    version: (Math.max(registry.version, version) + 1) as Version,
    master: grant.node,
    syncSet,
    syncSetVersion: version,
    coming: null,
    recovery: recoveryOf(registry, best),
    lastGrant: recordOf(registry, grant),
    switches: switchesAfterRestore(founded, grant),
    reshape: null,
    restore: null,
    orders: founded === null ? [] : ordersAfter(founded, grant.node),
  }
  if (founded !== null) return { ...founded, ...recorded }
  const begun = { ordersSeen: [], pause: null, fenced: null, dataLoss: null, switchover: null }
  return { ...registry, status: 'founded', ...begun, ...recorded }
}

/** The recorded mark when nothing was granted since; else what the grant says, without a log that could end it early. */
function recoveryOf(registry: Created, { grant }: Best): Recovery | null {
  if (registry.status === 'founded' && sameToken(registry.lastGrant, grant)) return registry.recovery
  return grant.recovering ? { lastClean: { token: tokenIn(grant), syncSet: [] } } : null
}

function recordOf(registry: Created, grant: KnownGrant): GrantRecord {
  if (registry.status === 'founded' && registry.lastGrant === grant) return registry.lastGrant
  const member = registry.members.get(grant.node)
  assert(member !== undefined, `RG8: ${grant.node} has shown its grant and is no member`)
  const { generation, epoch, version, node, syncSet, recovering, coming, nonce, issuedAt } = grant
  const { certificate } = member
  return { generation, epoch, version, node, syncSet, recovering, coming, nonce, issuedAt, certificate }
}

function tokenIn({ generation, epoch }: KnownGrant): Token {
  return { generation, epoch }
}
