import { createHash } from 'node:crypto'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { expect, test } from 'vitest'

test('the hash of the parts is the hash of their concatenation', () => {
  expect(sha256()).toBe(createHash('sha256').digest('hex'))
  expect(sha256(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))).toBe(sha256(Uint8Array.of(1, 2, 3)))
  expect(sha256(Buffer.from('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
