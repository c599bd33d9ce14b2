/** RG8: the highest signed statement of who was master with which sync set, among all that was shown and recorded. */
import { compareTokens, type NodeId, sameToken, type Token, type Version } from '../../ids.ts'
import type { Created, KnownGrant, Restore } from './types.ts'

/** Nodes named in a text, which has a bound on the links. */
const NAMED = 8

export interface Best {
  readonly grant: KnownGrant
  readonly syncSet: readonly NodeId[]
  /** Of the registry when this sync set was recorded. */
  readonly version: Version
  /** What keeps it from being the whole truth; null: nothing. */
  readonly doubt: string | null
}

/** Null when nobody has shown a grant and none is recorded. */
export function bestOf(registry: Created): Best | null {
  const { restore } = registry
  if (restore === null) return null
  const shown = grantsIn(restore)
  const grants = registry.status === 'founded' ? [registry.lastGrant, ...shown] : shown
  const grant = grants.reduce<KnownGrant | null>(
    (best, each) => (best !== null && !above(each, best) ? best : each),
    null,
  )
  if (grant === null) return null
  const reshapes = [...restore.shown.values()].flatMap(({ reshape }) => reshape ?? [])
  const at: { syncSet: readonly NodeId[]; version: Version } =
    registry.status === 'founded' && sameToken(registry.lastGrant, grant) && registry.master === grant.node
      ? { syncSet: registry.syncSet, version: registry.syncSetVersion }
      : { syncSet: grant.syncSet, version: grant.version }
  let { syncSet, version } = at
  for (const reshape of reshapes) {
    if (!sameToken(reshape, grant) || reshape.node !== grant.node || reshape.version < version) continue
    // It was made against `version`, and recorded as the next one.
    syncSet = reshape.syncSet
    version = (reshape.version + 1) as Version
  }
  return { grant, syncSet, version, doubt: doubtAbout(grant, grants, reshapes) ?? missing(restore, syncSet) }
}

/** What a restored registry still waits for; null when it waits for nothing. */
export function restoreWaits(registry: Created): string | null {
  if (registry.restore === null) return null
  return bestOf(registry)?.doubt ?? 'restored: nobody has shown a grant'
}

/** Higher token, and under one token the later version. */
function above(a: KnownGrant, b: KnownGrant): boolean {
  return (compareTokens(a, b) || a.version - b.version) > 0
}

function grantsIn(restore: Restore): readonly KnownGrant[] {
  const shown = [...restore.shown.values()].flatMap(({ grant }) => grant ?? [])
  return restore.elsewhere === null ? shown : [...shown, restore.elsewhere]
}

function doubtAbout(best: KnownGrant, grants: readonly KnownGrant[], reshapes: readonly Token[]): string | null {
  const rival = grants.find((grant) => sameToken(grant, best) && grant.node !== best.node)
  if (rival !== undefined) return `restored: one token was granted to ${best.node} and to ${rival.node}`
  if (reshapes.some((reshape) => compareTokens(reshape, best) > 0)) {
    return 'restored: a reshape was shown whose grant nobody has shown'
  }
  return null
}

/** A node that shows no grant at all has lost its memory: it may have held a better one. */
function missing(restore: Restore, syncSet: readonly NodeId[]): string | null {
  const silent = syncSet.filter((node) => (restore.shown.get(node)?.grant ?? null) === null)
  if (silent.length === 0) return null
  const names = silent.length > NAMED ? [...silent.slice(0, NAMED), `${silent.length - NAMED} more`] : silent
  return `restored: waits for what ${names.join(', ')} can show`
}
