import { merkleRoot, proveInclusion, verifyInclusion } from '@baton/shared/core/merkle/merkle'
import type { HashFunction } from '@baton/shared/core/step'
import { fromHex, toHex } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Hash } from '@baton/shared/ids'
import fc from 'fast-check'
import { expect, test } from 'vitest'

/** Leaves of the reference tree of certificate-transparency, and the roots of its first n leaves. */
const REFERENCE_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const REFERENCE_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

/** RFC 6962, section 2.1, word for word. */
function definition(hash: HashFunction, leaves: readonly Uint8Array[]): Hash {
  if (leaves.length === 0) return hash()
  if (leaves.length === 1) return hash(Uint8Array.of(0), leaves[0]!)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  const left = definition(hash, leaves.slice(0, split))
  const right = definition(hash, leaves.slice(split))
  return hash(Uint8Array.of(1), fromHex(left)!, fromHex(right)!)
}

const leafLists = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 40 })

test('[LE3] the root is that of RFC 6962, checked against the reference tree', () => {
  const leaves = REFERENCE_LEAVES.map((hex) => fromHex(hex)!)
  expect(REFERENCE_ROOTS.map((_, size) => merkleRoot(sha256, leaves.slice(0, size)))).toEqual(REFERENCE_ROOTS)
})

test('[LE3] the root is that of the recursive definition for any list', () => {
  fc.assert(fc.property(leafLists, (leaves) => merkleRoot(sha256, leaves) === definition(sha256, leaves)))
})

test('[LE3] every leaf has a proof, which shows no other leaf, position, size or root', () => {
  fc.assert(
    fc.property(leafLists, fc.nat(), fc.uint8Array({ maxLength: 8 }), (leaves, seed, other) => {
      const index = seed % leaves.length
      const root = merkleRoot(sha256, leaves)
      const proof = proveInclusion(sha256, leaves, index)
      const leaf = leaves[index]!
      expect(verifyInclusion(sha256, root, leaf, proof)).toBe(true)
      if (toHex(other) !== toHex(leaf)) expect(verifyInclusion(sha256, root, other, proof)).toBe(false)
      expect(verifyInclusion(sha256, sha256(leaf), leaf, proof)).toBe(false)
      expect(verifyInclusion(sha256, root, leaf, { ...proof, path: [...proof.path, root] })).toBe(false)
      if (proof.path.length > 0) {
        expect(verifyInclusion(sha256, root, leaf, { ...proof, path: proof.path.slice(1) })).toBe(false)
        const moved = index % 2 === 0 ? index + 1 : index - 1
        const elsewhere = verifyInclusion(sha256, root, leaf, { ...proof, index: moved })
        expect(elsewhere && toHex(leaves[moved] ?? new Uint8Array(99)) !== toHex(leaf)).toBe(false)
      }
    }),
  )
})

test('[LE3] an inner node cannot be shown as a leaf', () => {
  const leaves = [1, 2, 3, 4].map((byte) => Uint8Array.of(byte))
  const left = sha256(Uint8Array.of(0), leaves[0]!) + sha256(Uint8Array.of(0), leaves[1]!)
  const root = merkleRoot(sha256, leaves)
  const right = proveInclusion(sha256, leaves, 0).path[1]!
  expect(verifyInclusion(sha256, root, fromHex(left)!, { index: 0, size: 2, path: [right] })).toBe(false)
})

test('[LE2] nonsense in a proof is refused without an exception', () => {
  const leaf = Uint8Array.of(1)
  const root = merkleRoot(sha256, [leaf, leaf])
  const wrong = [
    { index: -1, size: 2, path: [root] },
    { index: 2, size: 2, path: [root] },
    { index: 0.5, size: 2, path: [root] },
    { index: 0, size: Number.POSITIVE_INFINITY, path: [root] },
    { index: 0, size: 2, path: ['zz' as Hash] },
    { index: 0, size: 2 ** 52, path: [] },
  ]
  expect(wrong.map((proof) => verifyInclusion(sha256, root, leaf, proof))).toEqual(wrong.map(() => false))
})
