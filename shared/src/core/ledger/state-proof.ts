/** Proofs of one key's value, or of its absence, against a state root. */
import { hashToBytes } from '../../codec/hash-bytes.ts'
import type { Hash } from '../../ids.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import { SLOT_BYTES, slots, writeSlot } from '../merkle/hash-slots.ts'
import type { HashFunction } from '../step.ts'
import { bucketHash, findLeaf, isSorted } from './bucket.ts'
import {
  bucketOf,
  DEFAULT_BUCKETS,
  FANOUT,
  hashKey,
  leavesOf,
  levelStart,
  nodeHash,
  type StateTree,
  treeDepth,
} from './state-tree.ts'

/** The whole bucket of the key, and at each level above it, from the bottom up, its 15 siblings (480 bytes). */
export interface StateProof {
  readonly leaves: Uint8Array
  readonly siblings: readonly Uint8Array[]
}

export function proveState(
  hash: HashFunction,
  tree: StateTree,
  reader: Pick<ChainReader, 'bucketLeaves'>,
  key: string,
): StateProof {
  const bucket = bucketOf(tree, hashKey(hash, key))
  const siblings: Uint8Array[] = []
  let at = bucket
  for (let level = tree.depth; level > 0; level--) {
    const group = slots(tree.nodes, levelStart(level) + at - (at % FANOUT), FANOUT)
    siblings.push(without(group, at % FANOUT))
    at = Math.floor(at / FANOUT)
  }
  return { leaves: leavesOf(tree, bucket, reader).slice(), siblings }
}

/**
 * True when the state under `root` has exactly `value` at `key` (null: nothing). Never throws: proofs come from outside.
 * `buckets` is the network's, not the prover's choice.
 */
export function verifyStateProof(
  hash: HashFunction,
  root: Hash,
  key: string,
  value: Uint8Array | null,
  proof: StateProof,
  buckets: number = DEFAULT_BUCKETS,
): boolean {
  const depth = treeDepth(buckets)
  const { leaves, siblings } = proof
  if (siblings.length !== depth || !isSorted(leaves)) return false
  if (siblings.some((level) => level.length !== (FANOUT - 1) * SLOT_BYTES)) return false
  const keyHash = hashKey(hash, key)
  if (!bucketSays(hash, leaves, keyHash, value)) return false
  let at = bucketOf({ depth }, keyHash)
  let current = bucketHash(hash, leaves)
  for (const level of siblings) {
    current = nodeHash(hash, withChild(level, at % FANOUT, current))
    at = Math.floor(at / FANOUT)
  }
  return current === root
}

function bucketSays(hash: HashFunction, leaves: Uint8Array, keyHash: Hash, value: Uint8Array | null): boolean {
  const { at, found } = findLeaf(leaves, hashToBytes(keyHash))
  if (value === null || !found) return !found && value === null
  const valueHash = hashToBytes(hash(value))
  return valueHash.every((byte, i) => leaves[at + SLOT_BYTES + i] === byte)
}

function without(group: Uint8Array, child: number): Uint8Array {
  const rest = new Uint8Array((FANOUT - 1) * SLOT_BYTES)
  rest.set(slots(group, 0, child))
  rest.set(slots(group, child + 1, FANOUT - 1 - child), child * SLOT_BYTES)
  return rest
}

function withChild(siblings: Uint8Array, child: number, hash: Hash): Uint8Array {
  const group = new Uint8Array(FANOUT * SLOT_BYTES)
  group.set(slots(siblings, 0, child))
  writeSlot(group, child, hash)
  group.set(slots(siblings, child, FANOUT - 1 - child), (child + 1) * SLOT_BYTES)
  return group
}
