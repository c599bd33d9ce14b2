import { createHash } from 'node:crypto'
import { sha256 } from '@baton/shared/crypto/hash-node'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('the hash of the parts is the hash of their concatenation, short or long', () => {
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.nat(5_000).map((length) => new Uint8Array(length).fill(7)),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      expect(sha256(...parts)).toBe(createHash('sha256').update(Buffer.concat(parts)).digest('hex'))
    }),
  )
})

test('it is SHA-256', () => {
  expect(sha256(Buffer.from('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
