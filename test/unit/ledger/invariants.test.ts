import type { ChainState } from '@baton/shared/core/ledger/chain'
import { chainInvariants } from '@baton/shared/core/ledger/invariants'
import type { Epoch, Height } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { Ledger } from './ledger-network.ts'

function twoStates(): { before: ChainState; after: ChainState } {
  const ledger = new Ledger()
  ledger.run()
  const before = ledger.chain
  ledger.run()
  return { before, after: ledger.chain }
}

test('[LE9] hold from block to block', () => {
  const { before, after } = twoStates()
  expect(chainInvariants(before, after)).toEqual([])
})

test('[LE9] each names what is broken', () => {
  const { before, after } = twoStates()
  const { tip, tokens } = after
  const lowered = tokens.entries.map((entry, i) => (i === 2 ? { ...entry, epoch: 0 as Epoch } : entry))
  const broken: [string, ChainState][] = [
    ['tip-rises-by-one', { ...after, tip: { ...tip, height: 1 as Height } }],
    ['time-never-falls', { ...after, tip: { ...tip, time: 0 } }],
    ['results-are-chained', { ...after, tip: { ...tip, parts: before.tip.parts } }],
    ['tokens-never-fall', { ...after, tokens: { ...tokens, entries: lowered } }],
    ['clusters-never-change', { ...after, tokens: { ...tokens, entries: tokens.entries.slice(1) } }],
  ]
  for (const [name, state] of broken) expect(chainInvariants(before, state)).toEqual([name])
})
