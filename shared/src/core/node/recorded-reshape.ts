/** RG8, ID4: the sync set is a statement of its master: what this node can show of it, and what it believes without. */
import type { RecordedReshape } from '../../crypto/recorded-sync-set.ts'
import type { Credential, Mastership, Reshape } from '../../crypto/statement-types.ts'
import { compareTokens, formatToken, type Jws, type NodeId, sameToken } from '../../ids.ts'
import type { RegistryView } from '../../protocol/control.ts'
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

/**
 * ID4: why a clean grant to this node contradicts what the master before it has signed, or null. A claim is granted against the version that
 * it names, whose statement this node holds by then; so an honest authority never does that. Nothing is known of a sync set that the authority
 * itself has signed for another node, nor of what a restore has made of it (RG8).
 */
export function doubtOf({ config, election, required, reshape }: NodeState, granted: Mastership): string | null {
  const { node } = config.election
  const { own, grant } = election
  if (granted.node !== node || granted.recovering || own === null) return null
  if (granted.generation !== own.token.generation || compareTokens(granted, own.token) <= 0) return null
  // It has led under that token, or may go on leading (RG2).
  if (required !== null && sameToken(required.token, own.token)) return null
  // A token of its own under which it never led proves nothing: its grant may be the first part of the fraud.
  const stated = reshape !== null && (own.node === node || sameToken(reshape.reshape, own.token))
  const told = grant !== null && sameToken(grant.mastership, own.token) ? grant.syncSet : null
  const syncSet = stated ? reshape.reshape.syncSet : told
  if (syncSet === null || syncSet.includes(node)) return null
  return `the sync set of ${own.node} at ${formatToken(own.token)} was ${syncSet.join(', ')}`
}

/**
 * ID4, RG4: whether a view may tell this master to count without a node of its sync set: only by its own statement, since views are not
 * signed. An authority of a version before says no statements.
 */
export function mayRemove({ guard, reshape }: NodeState, view: RegistryView): boolean {
  const { role } = guard
  if (role.role !== 'leading' || !sameToken(view, guard.token) || view.reshape === undefined) return true
  // An older view says nothing any more.
  if (view.version <= role.required.version) return true
  if (role.required.syncSet.every((node) => view.syncSet.includes(node))) return true
  return reshape !== null && sameToken(reshape.reshape, view) && sameSet(reshape.reshape.syncSet, view.syncSet)
}

function sameSet(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node))
}

function order(a: Reshape, b: Reshape): number {
  return compareTokens(a, b) || a.version - b.version
}
