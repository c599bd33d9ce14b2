/**
 * The authenticated map over the application's state: keys fall into a fixed number of buckets by the first bits of
 * their hash; above the buckets stands a complete 16-ary tree, held in one flat array. A block changes each touched
 * bucket and each node above it once.
 */
import { assert } from '../../assert.ts'
import { hashFromBytes, hashToBytes } from '../../codec/hash-bytes.ts'
import { sameBytes } from '../../codec/same-bytes.ts'
import type { Hash } from '../../ids.ts'
import type { ChainReader, LedgerWrite } from '../../ports/node-store.ts'
import { repeatSlot, SLOT_BYTES, slots, writeSlot } from '../merkle/hash-slots.ts'
import type { HashFunction } from '../step.ts'
import { bucketHash, changeLeaf, EMPTY_LEAVES } from './bucket.ts'

export const FANOUT = 16
/** Fixed for a network: it is part of the genesis result. */
export const DEFAULT_BUCKETS = 65_536
const NODE = Uint8Array.of(1)
const encoder = new TextEncoder()

/** The hashes of all nodes, level by level from the root (slot 0). Changed in place: `version` tells a stale user. */
export interface StateTree {
  readonly buckets: number
  /** Levels of inner nodes above the buckets. */
  readonly depth: number
  readonly nodes: Uint8Array
  readonly emptyBucket: Uint8Array
  version: number
}

export type BucketWrite = Extract<LedgerWrite, { w: 'bucket' }>

/** The tree over the stored buckets, at start-up; without a reader, the empty tree. `buckets` is a power of 16. */
export function createStateTree(
  hash: HashFunction,
  buckets: number,
  stored: Iterable<readonly [bucket: number, hash: Uint8Array]> = [],
): StateTree {
  const depth = treeDepth(buckets)
  const nodes = new Uint8Array(levelStart(depth + 1) * SLOT_BYTES)
  const emptyBucket = bucketHash(hash, EMPTY_LEAVES)
  fillEmpty(hash, nodes, depth, emptyBucket)
  const tree: StateTree = { buckets, depth, nodes, emptyBucket: hashToBytes(emptyBucket), version: 0 }
  const touched: number[] = []
  for (const [bucket, bytes] of stored) {
    assert(bucket >= 0 && bucket < buckets && bytes.length === SLOT_BYTES, `bucket ${bucket} does not fit the tree`)
    nodes.set(bytes, (levelStart(depth) + bucket) * SLOT_BYTES)
    touched.push(bucket)
  }
  rehash(hash, tree, touched)
  return tree
}

export function stateRoot(tree: StateTree): Hash {
  return hashFromBytes(slots(tree.nodes, 0, 1))
}

/** Brings the tree to the state after `changes` (null: the key is gone) and returns the buckets to store. */
export function changeState(
  hash: HashFunction,
  tree: StateTree,
  changes: Iterable<readonly [key: string, value: Uint8Array | null]>,
  reader: Pick<ChainReader, 'bucketLeaves'>,
): readonly BucketWrite[] {
  const touched = new Map<number, Uint8Array>()
  for (const [key, value] of changes) {
    const keyHash = hashKey(hash, key)
    const bucket = bucketOf(tree, keyHash)
    const leaves = touched.get(bucket) ?? leavesOf(tree, bucket, reader)
    touched.set(bucket, changeLeaf(leaves, hashToBytes(keyHash), value === null ? null : hash(value)))
  }
  const order = [...touched.keys()].sort((a, b) => a - b)
  const first = levelStart(tree.depth)
  const writes = order.map((bucket): BucketWrite => {
    const leaves = touched.get(bucket)!
    writeSlot(tree.nodes, first + bucket, bucketHash(hash, leaves))
    return { w: 'bucket', bucket, leaves, hash: slots(tree.nodes, first + bucket, 1).slice() }
  })
  rehash(hash, tree, order)
  tree.version++
  return writes
}

export function hashKey(hash: HashFunction, key: string): Hash {
  return hash(encoder.encode(key))
}

/** The bucket of a key: the leading hex digits of its hash, one for each level. */
export function bucketOf(tree: { readonly depth: number }, keyHash: Hash): number {
  return tree.depth === 0 ? 0 : Number.parseInt(keyHash.slice(0, tree.depth), FANOUT)
}

/** The stored leaves of a bucket. An empty one is known from the tree, without a read. */
export function leavesOf(tree: StateTree, bucket: number, reader: Pick<ChainReader, 'bucketLeaves'>): Uint8Array {
  const stored = slots(tree.nodes, levelStart(tree.depth) + bucket, 1)
  if (sameBytes(stored, tree.emptyBucket)) return EMPTY_LEAVES
  const leaves = reader.bucketLeaves(bucket)
  assert(leaves !== null, `bucket ${bucket} is in the tree but not in the store`)
  return leaves
}

/** Slot of the first node of a level: all levels above it come before. */
export function levelStart(level: number): number {
  return (FANOUT ** level - 1) / (FANOUT - 1)
}

/** 4 for 65,536 buckets. */
export function treeDepth(buckets: number): number {
  const depth = Math.round(Math.log(buckets) / Math.log(FANOUT))
  assert(depth >= 1 && FANOUT ** depth === buckets, `${buckets} buckets: not a power of ${FANOUT}`)
  return depth
}

export function nodeHash(hash: HashFunction, children: Uint8Array): Hash {
  return hash(NODE, children)
}

function fillEmpty(hash: HashFunction, nodes: Uint8Array, depth: number, emptyBucket: Hash): void {
  let empty = emptyBucket
  for (let level = depth; level >= 0; level--) {
    const start = levelStart(level)
    writeSlot(nodes, start, empty)
    repeatSlot(nodes, start, levelStart(level + 1) - start)
    if (level > 0) empty = nodeHash(hash, slots(nodes, start, FANOUT))
  }
}

/** Hashes every node above the touched buckets, given in rising order. */
function rehash(hash: HashFunction, tree: StateTree, buckets: readonly number[]): void {
  let below = buckets
  for (let level = tree.depth - 1; level >= 0; level--) {
    const parents: number[] = []
    for (const child of below) {
      const parent = Math.floor(child / FANOUT)
      if (parents.at(-1) !== parent) parents.push(parent)
    }
    const children = levelStart(level + 1)
    for (const parent of parents) {
      writeSlot(
        tree.nodes,
        levelStart(level) + parent,
        nodeHash(hash, slots(tree.nodes, children + parent * FANOUT, FANOUT)),
      )
    }
    below = parents
  }
}
