/** What must hold of the ledger, as the names of what does not; shared by production asserts, tests and the simulator. */
import { compareTokens } from '../../ids.ts'
import type { StateView } from './application.ts'
import type { ChainState } from './chain.ts'
import { ACCOUNT_PREFIX, decodeAccount, readMinted } from './transfers.ts'
import type { SignedTransaction } from './types.ts'

export type LedgerInvariant =
  | 'tip-rises-by-one'
  | 'time-never-falls'
  | 'results-are-chained'
  | 'tokens-never-fall'
  | 'clusters-never-change'
  | 'balances-sum-to-minted'
  | 'ids-are-unique'

/** From one executed block to the next. Cheap: runs after every block in production. */
export function chainInvariants(before: ChainState, after: ChainState): readonly LedgerInvariant[] {
  const broken: LedgerInvariant[] = []
  if (after.tip.height !== before.tip.height + 1) broken.push('tip-rises-by-one')
  if (after.tip.time < before.tip.time) broken.push('time-never-falls')
  if (after.tip.parts.previous !== before.tip.result) broken.push('results-are-chained')
  const old = before.tokens.entries
  const table = after.tokens.entries
  if (table.length !== old.length || table.some(({ cluster }, i) => cluster !== old[i]!.cluster)) {
    broken.push('clusters-never-change')
  } else if (table.some((entry, i) => compareTokens(entry, old[i]!) < 0)) broken.push('tokens-never-fall')
  return broken
}

/** Over the whole state: for tests and the simulator. */
export function stateInvariants(view: StateView, keys: Iterable<string>): readonly LedgerInvariant[] {
  let sum = 0n
  for (const key of keys) {
    if (key.startsWith(ACCOUNT_PREFIX)) sum += BigInt(decodeAccount(view.get(key))?.balance ?? 0)
  }
  return sum === BigInt(readMinted(view)) ? [] : ['balances-sum-to-minted']
}

/** Over all transactions of the chain: for tests and the simulator. */
export function historyInvariants(transactions: Iterable<SignedTransaction>): readonly LedgerInvariant[] {
  const seen = new Set<string>()
  for (const { id } of transactions) {
    if (seen.has(id)) return ['ids-are-unique']
    seen.add(id)
  }
  return []
}
