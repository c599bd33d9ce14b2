/**
 * Merkle tree over a list (RFC 6962, section 2.1): leaves and inner nodes are hashed under different prefixes, so that a
 * node can never be shown as a leaf; the last node of an odd level moves up unchanged.
 */
import { assert } from '../../assert.ts'
import { hashFromBytes, hashToBytes } from '../../codec/hash-bytes.ts'
import type { Hash } from '../../ids.ts'
import type { HashFunction } from '../step.ts'
import { SLOT_BYTES, slots, writeSlot } from './hash-slots.ts'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)
const NOTHING = new Uint8Array(0)

/** The way from leaf `index` of `size` leaves to the root: sibling hashes from the bottom up. */
export interface InclusionProof {
  readonly index: number
  readonly size: number
  readonly path: readonly Hash[]
}

/** Root over the leaves in their order; the hash of nothing for an empty list. */
export function merkleRoot(hash: HashFunction, leaves: readonly Uint8Array[]): Hash {
  if (leaves.length === 0) return hash(NOTHING)
  const level = leafLevel(hash, leaves)
  let size = leaves.length
  while (size > 1) size = levelUp(hash, level, size)
  return hashFromBytes(slots(level, 0, 1))
}

/** Proof that leaf `index` is under the root of `leaves`. */
export function proveInclusion(hash: HashFunction, leaves: readonly Uint8Array[], index: number): InclusionProof {
  assert(index >= 0 && index < leaves.length, `no leaf ${index} among ${leaves.length}`)
  const level = leafLevel(hash, leaves)
  const path: Hash[] = []
  let size = leaves.length
  let at = index
  while (size > 1) {
    const sibling = at ^ 1
    if (sibling < size) path.push(hashFromBytes(slots(level, sibling, 1)))
    size = levelUp(hash, level, size)
    at >>= 1
  }
  return { index, size: leaves.length, path }
}

/** True when `proof` leads from `leaf` to `root`. Never throws: proofs come from outside. */
export function verifyInclusion(hash: HashFunction, root: Hash, leaf: Uint8Array, proof: InclusionProof): boolean {
  const { index, path } = proof
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(proof.size) || index < 0 || index >= proof.size)
    return false
  if (!path.every((step) => /^[0-9a-f]{64}$/.test(step))) return false
  let current = hash(LEAF, leaf)
  let at = index
  let used = 0
  for (let size = proof.size; size > 1; size = Math.ceil(size / 2)) {
    const siblingAt = at % 2 === 0 ? at + 1 : at - 1
    if (siblingAt < size) {
      const sibling = path[used++]
      if (sibling === undefined) return false
      current = at % 2 === 0 ? nodeHash(hash, current, sibling) : nodeHash(hash, sibling, current)
    }
    at = Math.floor(at / 2)
  }
  return used === path.length && current === root
}

function nodeHash(hash: HashFunction, left: Hash, right: Hash): Hash {
  return hash(NODE, hashToBytes(left), hashToBytes(right))
}

function leafLevel(hash: HashFunction, leaves: readonly Uint8Array[]): Uint8Array {
  const level = new Uint8Array(leaves.length * SLOT_BYTES)
  for (let i = 0; i < leaves.length; i++) writeSlot(level, i, hash(LEAF, leaves[i]!))
  return level
}

/** Replaces a level of `size` nodes by the one above it, in place; returns its size. */
function levelUp(hash: HashFunction, level: Uint8Array, size: number): number {
  const pairs = size >> 1
  for (let i = 0; i < pairs; i++) writeSlot(level, i, hash(NODE, slots(level, 2 * i, 2)))
  if (size % 2 === 0) return pairs
  level.copyWithin(pairs * SLOT_BYTES, (size - 1) * SLOT_BYTES, size * SLOT_BYTES)
  return pairs + 1
}
