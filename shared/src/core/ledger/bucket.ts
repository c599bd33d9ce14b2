/** One bucket of the state tree: leaves `key hash ‖ value hash` of 64 bytes each, in the order of their key hashes. */
import { assert } from '../../assert.ts'
import type { Hash } from '../../ids.ts'
import { SLOT_BYTES, writeSlot } from '../merkle/hash-slots.ts'
import type { HashFunction } from '../step.ts'

export const LEAF_BYTES = 2 * SLOT_BYTES
export const EMPTY_LEAVES = new Uint8Array(0)
/** A bucket and an inner node are hashed under different prefixes, so that one is never taken for the other. */
const BUCKET = Uint8Array.of(0)

export function bucketHash(hash: HashFunction, leaves: Uint8Array): Hash {
  return hash(BUCKET, leaves)
}

/** The leaves after one change; `valueHash: null` removes the key. The input is not altered. */
export function changeLeaf(leaves: Uint8Array, keyHash: Uint8Array, valueHash: Hash | null): Uint8Array {
  const { at, found } = findLeaf(leaves, keyHash)
  if (valueHash === null) {
    if (!found) return leaves
    const less = new Uint8Array(leaves.length - LEAF_BYTES)
    less.set(leaves.subarray(0, at))
    less.set(leaves.subarray(at + LEAF_BYTES), at)
    return less
  }
  const changed = new Uint8Array(found ? leaves.length : leaves.length + LEAF_BYTES)
  changed.set(leaves.subarray(0, at))
  changed.set(keyHash, at)
  writeSlot(changed, at / SLOT_BYTES + 1, valueHash)
  changed.set(leaves.subarray(found ? at + LEAF_BYTES : at), at + LEAF_BYTES)
  return changed
}

/** Where the leaf of `keyHash` is, or would be, in bytes. */
export function findLeaf(leaves: Uint8Array, keyHash: Uint8Array): { readonly at: number; readonly found: boolean } {
  assert(leaves.length % LEAF_BYTES === 0, `a bucket of ${leaves.length} bytes is not whole`)
  for (let at = 0; at < leaves.length; at += LEAF_BYTES) {
    const order = compareAt(leaves, at, keyHash, 0)
    if (order >= 0) return { at, found: order === 0 }
  }
  return { at: leaves.length, found: false }
}

/** True for whole leaves in strictly rising order: a bucket has one encoding, so absence can be proven. */
export function isSorted(leaves: Uint8Array): boolean {
  if (leaves.length % LEAF_BYTES !== 0) return false
  for (let at = LEAF_BYTES; at < leaves.length; at += LEAF_BYTES) {
    if (compareAt(leaves, at - LEAF_BYTES, leaves, at) >= 0) return false
  }
  return true
}

function compareAt(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): number {
  for (let i = 0; i < SLOT_BYTES; i++) {
    const difference = a[aAt + i]! - b[bAt + i]!
    if (difference !== 0) return difference
  }
  return 0
}
