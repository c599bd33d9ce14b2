import { decodeCanonical, encodeCanonical } from '@baton/shared/codec/cbor'
import { fromHex, toHex } from '@baton/shared/crypto/bytes'
import { LIMITS } from '@baton/shared/limits'
import { decode, encode } from 'cborg'
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

/** What a general library makes of it, with the same restrictions and the check that the bytes are the canonical ones. */
function decodedByLibrary(bytes: Uint8Array): { ok: boolean; value?: unknown } {
  try {
    const options = { allowIndefinite: false, allowUndefined: false, allowNaN: false, allowInfinity: false }
    const read = decode(bytes, {
      ...options,
      strict: true,
      allowBigInt: false,
      rejectDuplicateMapKeys: true,
    }) as unknown
    return Buffer.compare(encode(read), bytes) === 0 && !hasFloat(read) ? { ok: true, value: read } : { ok: false }
  } catch {
    return { ok: false }
  }
}

function hasFloat(read: unknown): boolean {
  if (typeof read === 'number') return !Number.isSafeInteger(read)
  if (read instanceof Uint8Array || typeof read !== 'object' || read === null) return false
  return Object.values(read).some(hasFloat)
}

/** Bytes that are nearly an encoding: one with a byte changed, left out or put in. */
const nearly = fc
  .tuple(value, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('change', 'drop', 'insert'))
  .map(([sample, where, byte, how]) => {
    const bytes = [...encodeCanonical(sample)]
    const at = where % bytes.length
    if (how === 'change') bytes[at] = byte
    else bytes.splice(at, how === 'drop' ? 1 : 0, ...(how === 'drop' ? [] : [byte]))
    return Uint8Array.from(bytes)
  })

test('encodes as a general library does', () => {
  fc.assert(
    fc.property(value, (sample) => {
      expect(toHex(encodeCanonical(sample))).toBe(toHex(encode(sample)))
    }),
    { numRuns: 500 },
  )
})

test('reads what a general library reads and finds canonical, and nothing else', () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 12 })), (bytes) => {
      const { ok, value: read } = decodedByLibrary(bytes)
      expect(decodeCanonical(bytes)).toMatchObject(ok ? { ok, value: read } : { ok })
    }),
    { numRuns: 5_000 },
  )
})

test.each([0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER])(
  'the number %d and its negative, and a text and bytes of about that length, as the library does',
  (count) => {
    const length = Math.min(count, 70_000)
    for (const sample of [count, -1 - count + (count === Number.MAX_SAFE_INTEGER ? 1 : 0)]) {
      expect(toHex(encodeCanonical(sample))).toBe(toHex(encode(sample)))
      expect(decodeCanonical(encodeCanonical(sample))).toEqual({ ok: true, value: sample })
    }
    for (const sample of ['x'.repeat(length), 'ü'.repeat(length), new Uint8Array(length)]) {
      expect(Buffer.compare(encodeCanonical(sample), encode(sample))).toBe(0)
      expect(decodeCanonical(encodeCanonical(sample))).toEqual({ ok: true, value: sample })
    }
  },
)

test('what is read is neither a view of the bytes nor a Buffer', () => {
  const bytes = Buffer.from(encodeCanonical([Uint8Array.of(7)]))
  const read = decodeCanonical(bytes)
  bytes.fill(0)
  expect(read).toEqual({ ok: true, value: [Uint8Array.of(7)] })
})

test('depth is bounded on both sides', () => {
  const nested = (depth: number) => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 0)
  expect(decodeCanonical(encodeCanonical(nested(LIMITS.cborDepth))).ok).toBe(true)
  expect(() => encodeCanonical(nested(LIMITS.cborDepth + 1))).toThrow()
  expect(decodeCanonical(new Uint8Array(100_000).fill(0x81))).toMatchObject({ ok: false })
})

test('an array or a text that claims more than there is costs nothing', () => {
  expect(decodeCanonical(fromHex('9affffffff')!)).toMatchObject({ ok: false })
  expect(decodeCanonical(fromHex('7affffffff')!)).toMatchObject({ ok: false })
})

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
