/** Readings of what this node knows: the master in office and the registry, from the newest source. */
import { compareTokens, type Epoch, type Generation, type Instant, type Token } from '../../ids.ts'
import type { RegistryView } from '../../protocol/control.ts'
import type { ElectionState, KnownRegistry } from './types.ts'

/** The token of a node that has seen none. */
export const NO_TOKEN: Token = { generation: 0 as Generation, epoch: 0 as Epoch }

export function nextToken(token: Token): Token {
  return { generation: token.generation, epoch: (token.epoch + 1) as Epoch }
}

export function latest(...instants: readonly (Instant | null)[]): Instant {
  return Math.max(...instants.map((at) => at ?? Number.NEGATIVE_INFINITY)) as Instant
}

export function viewToken(view: RegistryView): Token {
  return { generation: view.generation, epoch: view.epoch }
}

/** True when `next` is a later state of the registry: a restored one has a higher generation (RG8). */
export function isNewer(next: RegistryView, known: RegistryView | null): boolean {
  return (
    known === null ||
    next.generation > known.generation ||
    (next.generation === known.generation && next.version > known.version)
  )
}

/**
 * The registry as far as this node knows it; null while it knows none at its highest token: a view whose
 * grant has not been verified, or is older than the token on disk, is nothing to stand on.
 */
export function registry(state: ElectionState): KnownRegistry | null {
  const master = state.own
  if (master === null) return null
  const { view, grant } = state
  const bars = view?.bars ?? []
  if (view !== null && compareTokens(viewToken(view), master.token) === 0 && view.master === master.node) {
    return { token: master.token, version: view.version, master: view.master, syncSet: view.syncSet, bars }
  }
  if (grant === null) return null
  return { token: master.token, version: grant.version, master: master.node, syncSet: grant.syncSet, bars }
}

/** EL5: of this process and of the token it asks for; no other process has the seed. */
export function formatNonce(seed: string, asked: Token): string {
  return `${seed}-${asked.generation}-${asked.epoch}`
}
