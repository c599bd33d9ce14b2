/** RG8: what this node can show to a registry that forgot. */
import type { Credential, RecordedReshape, Reshape } from '../../crypto/statement-types.ts'
import { compareTokens, type Jws, sameToken } from '../../ids.ts'
import type { NodeState } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * A reshape that the registry has recorded is kept before the sync set that it made counts for anything: a master that goes on
 * without a node must be able to show that it was allowed to, whatever becomes of the registry.
 */
export function keepReshape(turn: Turn, recorded: RecordedReshape | undefined): void {
  if (recorded === undefined) return
  const known = turn.state.reshape
  if (known !== null && order(known.reshape, recorded.reshape) >= 0) return
  turn.state = { ...turn.state, reshape: recorded }
  turn.write.push({ w: 'reshape', reshape: recorded })
}

/**
 * The highest grant of the own cluster, and the newest recorded reshape made under it: an older one says nothing any more. A node that
 * must re-sync shows nothing: it may have lost its disk, and what it knows since then it was told by others (EL6).
 */
export function shownBy({ config, masterships, reshape, resync }: NodeState): {
  readonly credential: Credential | null
  readonly reshape: Jws | null
} {
  const own = masterships.get(config.election.cluster)
  if (own === undefined || resync !== null) return { credential: null, reshape: null }
  const current = reshape !== null && sameToken(reshape.reshape, own)
  return { credential: own.credential, reshape: current ? reshape.statement : null }
}

function order(a: Reshape, b: Reshape): number {
  return compareTokens(a, b) || a.version - b.version
}
