import { proveState, verifyStateProof } from '@baton/shared/core/ledger/state-proof'
import { changeState, createStateTree, DEFAULT_BUCKETS, hashKey, stateRoot } from '@baton/shared/core/ledger/state-tree'
import type { HashFunction } from '@baton/shared/core/step'
import { fromHex, toHex, toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Hash } from '@baton/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryStore } from '../../support/memory-store.ts'

const BUCKETS = 256

/** The definition of the root, computed from the whole map at once. */
function naiveRoot(hash: HashFunction, map: ReadonlyMap<string, Uint8Array>, buckets: number): Hash {
  const leaves = Array.from({ length: buckets }, () => [] as string[])
  const digits = Math.log2(buckets) / 4
  for (const [key, value] of map) {
    const keyHash = hashKey(hash, key)
    leaves[Number.parseInt(keyHash.slice(0, digits), 16)]!.push(keyHash + hash(value))
  }
  let level = leaves.map((bucket) => hash(Uint8Array.of(0), fromHex(bucket.sort().join(''))!))
  while (level.length > 1) {
    const above: Hash[] = []
    for (let i = 0; i < level.length; i += 16) {
      above.push(hash(Uint8Array.of(1), fromHex(level.slice(i, i + 16).join(''))!))
    }
    level = above
  }
  return level[0]!
}

const keys = fc.oneof(fc.constantFrom('a', 'b', 'c', 'd'), fc.string({ maxLength: 6 }))
const values = fc.option(fc.uint8Array({ maxLength: 5 }), { nil: null, freq: 4 })
const batches = fc.array(fc.array(fc.tuple(keys, values), { maxLength: 12 }), { maxLength: 6 })

function run(changes: readonly (readonly (readonly [string, Uint8Array | null])[])[], buckets = BUCKETS) {
  const store = new MemoryStore()
  const tree = createStateTree(sha256, buckets)
  const map = new Map<string, Uint8Array>()
  for (const batch of changes) {
    const last = new Map(batch)
    store.apply(changeState(sha256, tree, last, store))
    for (const [key, value] of last) value === null ? map.delete(key) : map.set(key, value)
  }
  return { store, tree, map }
}

test('[LE8] the root is that of the whole map, whatever the order and grouping of changes', () => {
  fc.assert(
    fc.property(batches, (changes) => {
      const { tree, map } = run(changes)
      expect(stateRoot(tree)).toBe(naiveRoot(sha256, map, BUCKETS))
      const atOnce = run([[...map]])
      expect(toHex(atOnce.tree.nodes)).toBe(toHex(tree.nodes))
    }),
  )
})

test('[LE8] a tree rebuilt from the stored buckets is the same', () => {
  fc.assert(
    fc.property(batches, (changes) => {
      const { store, tree } = run(changes)
      expect(toHex(createStateTree(sha256, BUCKETS, store.bucketHashes()).nodes)).toBe(toHex(tree.nodes))
    }),
  )
})

test('[LE8] presence and absence are proven, and nothing else is', () => {
  fc.assert(
    fc.property(batches, keys, fc.uint8Array({ maxLength: 5 }), (changes, key, other) => {
      const { store, tree, map } = run(changes)
      const root = stateRoot(tree)
      const value = map.get(key) ?? null
      const proof = proveState(sha256, tree, store, key)
      const says = (claimed: Uint8Array | null, at = root, shown = proof) =>
        verifyStateProof(sha256, at, key, claimed, shown, BUCKETS)
      expect(says(value)).toBe(true)
      if (value !== null) expect(says(null)).toBe(false)
      if (value === null || toHex(value) !== toHex(other)) expect(says(other)).toBe(false)
      expect(says(value, sha256(toUtf8(key)))).toBe(false)
      // A leaf dropped from or added to the bucket changes the root.
      expect(says(null, root, { ...proof, leaves: new Uint8Array(0) })).toBe(
        value === null && proof.leaves.length === 0,
      )
      const more = new Uint8Array(proof.leaves.length + 64)
      more.set(proof.leaves)
      expect(says(value, root, { ...proof, leaves: more.fill(0xff, proof.leaves.length) })).toBe(false)
    }),
  )
})

test('[LE8] a flipped bit anywhere in a proof is refused', () => {
  const { store, tree } = run([[...'abcdefghij'].map((key) => [key, toUtf8(key)] as const)])
  const proof = proveState(sha256, tree, store, 'a')
  const says = (shown: typeof proof) => verifyStateProof(sha256, stateRoot(tree), 'a', toUtf8('a'), shown, BUCKETS)
  expect(says(proof)).toBe(true)
  for (let at = 0; at < proof.leaves.length; at++) {
    expect(says({ ...proof, leaves: proof.leaves.map((byte, i) => (i === at ? byte ^ 1 : byte)) })).toBe(false)
  }
  proof.siblings.forEach((level, which) => {
    for (let at = 0; at < level.length; at += 7) {
      const altered = level.map((byte, i) => (i === at ? byte ^ 1 : byte))
      expect(says({ ...proof, siblings: proof.siblings.map((other, i) => (i === which ? altered : other)) })).toBe(
        false,
      )
    }
  })
})

test('[LE8] proofs of another depth or with torn levels are refused without an exception', () => {
  const { store, tree } = run([[['a', toUtf8('1')]]])
  const proof = proveState(sha256, tree, store, 'a')
  const says = (shown: typeof proof, buckets = BUCKETS) =>
    verifyStateProof(sha256, stateRoot(tree), 'a', toUtf8('1'), shown, buckets)
  expect(says(proof)).toBe(true)
  expect(says(proof, 16)).toBe(false)
  expect(says({ ...proof, siblings: proof.siblings.slice(1) })).toBe(false)
  expect(says({ ...proof, siblings: proof.siblings.map((level) => level.subarray(1)) })).toBe(false)
  expect(says({ ...proof, leaves: proof.leaves.subarray(1) })).toBe(false)
  const twice = new Uint8Array([...proof.leaves, ...proof.leaves])
  expect(says({ ...proof, leaves: twice })).toBe(false)
})

test('[LE8] works with the default number of buckets', () => {
  const { store, tree, map } = run([[...'abcdefgh'].map((key) => [key, toUtf8(key)] as const)], DEFAULT_BUCKETS)
  expect(tree.nodes.length).toBe(69_905 * 32)
  const proof = proveState(sha256, tree, store, 'c')
  expect(proof.siblings).toHaveLength(4)
  expect(verifyStateProof(sha256, stateRoot(tree), 'c', map.get('c')!, proof)).toBe(true)
  expect(verifyStateProof(sha256, stateRoot(tree), 'z', null, proveState(sha256, tree, store, 'z'))).toBe(true)
})

test('[LE8] an emptied map has the root of the empty one', () => {
  const { tree, store } = run([[['a', toUtf8('1')]], [['a', null]]])
  expect(stateRoot(tree)).toBe(stateRoot(createStateTree(sha256, BUCKETS)))
  expect([...store.bucketHashes()]).toEqual([])
})
