/** RG11: events in a hash-chained log, so that nobody can change or drop one that was read before. */
import { encodeCanonical } from '../../codec/cbor.ts'
import type { Hash, UnixMs } from '../../ids.ts'
import type { HashFunction } from '../step.ts'

export interface ChainedEvent {
  /** From 1, without gaps. */
  readonly seq: number
  readonly at: UnixMs
  /** Plain JSON data. */
  readonly event: unknown
  /** Of the event before; `CHAIN_START` for the first. */
  readonly previous: Hash
  /** Over `previous`, `seq`, `at` and `event`, in canonical CBOR. */
  readonly hash: Hash
}

export const CHAIN_START = '0'.repeat(64) as Hash

/** `event` must be plain data: what JSON gives back. */
export function chainEvent(
  hash: HashFunction,
  last: { readonly seq: number; readonly hash: Hash },
  at: UnixMs,
  event: unknown,
): ChainedEvent {
  const seq = last.seq + 1
  return { seq, at, event, previous: last.hash, hash: hash(encodeCanonical([last.hash, seq, at, event])) }
}

/** The number of the first event that does not follow from the one before it; null when the chain holds. */
export function brokenLink(
  hash: HashFunction,
  events: readonly ChainedEvent[],
  from: { readonly seq: number; readonly hash: Hash } = { seq: 0, hash: CHAIN_START },
): number | null {
  let last = from
  for (const each of events) {
    const expected = chainEvent(hash, last, each.at, each.event)
    if (each.seq !== expected.seq || each.previous !== expected.previous || each.hash !== expected.hash) {
      return expected.seq
    }
    last = each
  }
  return null
}
