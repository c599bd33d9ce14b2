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
 * grant has not been verified, or is older than the token on disk, is nothing to stand on. A restored registry has a higher
 * generation and no grant in it yet (RG8): what is asked of it is asked as it stands.
 */
export function registry(state: ElectionState): KnownRegistry | null {
  const master = state.own
  if (master === null) return null
  const { view, grant } = state
  const { bars, orders } = view ?? { bars: [], orders: [] }
  const isOfIt = view !== null && view.master === master.node && isAt(view, master.token)
  // A restore that was accepted incomplete may have recorded an older master than this node knows: its next token is asked for all the same.
  if (view !== null && (isOfIt || isRestored(view, master.token))) {
    const { version, syncSet } = view
    return { token: viewToken(view), version, master: view.master, syncSet, bars, orders }
  }
  if (grant === null) return null
  // An order stands until the next grant (RG9): what an older view says of orders is void.
  const { version, syncSet } = grant
  return { token: master.token, version, master: master.node, syncSet, bars, orders: [] }
}

function isAt(view: RegistryView, token: Token): boolean {
  return compareTokens(viewToken(view), token) === 0
}

/** RG8: an operator has raised the generation above that of the token on disk. */
export function isRestored(view: RegistryView, token: Token): boolean {
  return view.generation > token.generation
}

/** EL5: of this process and of the token it asks for; no other process has the seed. */
export function formatNonce(seed: string, asked: Token): string {
  return `${seed}-${asked.generation}-${asked.epoch}`
}
