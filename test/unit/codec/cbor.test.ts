import { decodeCanonical, encodeCanonical } from '@baton/shared/codec/cbor'
import { fromHex, toHex } from '@baton/shared/crypto/bytes'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('any')),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('any')),
  ),
})).any

test('every value reads back', () => {
  fc.assert(
    fc.property(value, (sample) => {
      const decoded = decodeCanonical(encodeCanonical(sample))
      expect(decoded.ok && toHex(encodeCanonical(decoded.value))).toBe(toHex(encodeCanonical(sample)))
    }),
  )
})

test('keys are sorted, whatever order they were written in', () => {
  expect(toHex(encodeCanonical({ b: 1, aa: 2, a: 3 }))).toBe('a3616103616201626161' + '02')
  expect(encodeCanonical({ a: 1, b: 2 })).toEqual(encodeCanonical({ b: 2, a: 1 }))
})

test('a Buffer is bytes like any other, and none comes out', () => {
  expect(encodeCanonical(new Uint8Array(10_000)).constructor).toBe(Uint8Array)
  expect(encodeCanonical(Buffer.from([1, 2]))).toEqual(encodeCanonical(Uint8Array.of(1, 2)))
})

test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, undefined, [undefined], { a: undefined }, new Date(0)])(
  'encoding %j is our own bug',
  (sample) => {
    expect(() => encodeCanonical(sample)).toThrow()
  },
)

test.each([
  ['nothing', ''],
  ['keys out of order', 'a2616201616101'],
  ['a key twice', 'a2616101616102'],
  ['a number as a key', 'a10101'],
  ['a float', 'f93e00'],
  ['a float that is whole', 'f93c00'],
  ['NaN', 'f97e00'],
  ['undefined', 'f7'],
  ['a tag', 'c001'],
  ['a number in more bytes than needed', '1817' + ''],
  ['a length in more bytes than needed', '5801ff'],
  ['an array without an end', '9f01ff'],
  ['a number above 2^53', '1b0020000000000000'],
  ['a number below -2^53', '3bffffffffffffffff'],
  ['broken UTF-8', '62c328'],
  ['bytes after the end', '0000'],
  ['a cut array', '8201'],
  ['an unknown simple value', 'f8ff'],
])('refuses %s', (_, hex) => {
  expect(decodeCanonical(fromHex(hex) ?? new Uint8Array())).toMatchObject({ ok: false })
})
