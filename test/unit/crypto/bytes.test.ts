import { fromBase64Url, fromHex, fromUtf8, sameBytes, toBase64Url, toHex, toUtf8 } from '@baton/shared/crypto/bytes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const anyBytes = fc.uint8Array({ maxLength: 100 })

describe('bytes as text', () => {
  test('hex and base64url are what Node gives, and read back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromHex(toHex(bytes))).toEqual(bytes)
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  test('one value has one text: whatever is accepted is written the same way again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.base64String({ maxLength: 20 }), (text, base64) => {
        for (const candidate of [text, base64, base64.replaceAll('=', '')]) {
          const read = fromBase64Url(candidate)
          if (read !== null) expect(toBase64Url(read)).toBe(candidate)
          const hex = fromHex(candidate)
          if (hex !== null) expect(toHex(hex)).toBe(candidate)
        }
      }),
    )
  })

  test.each(['A', 'AAAAA', 'AA==', 'AB', 'AA+A', 'AA/A', 'AA A', 'AAB', 'Aé'])('base64url refuses %j', (text) => {
    expect(fromBase64Url(text)).toBeNull()
  })

  test.each(['a', 'AB', '0g', '0x00', 'é0'])('hex refuses %j', (text) => {
    expect(fromHex(text)).toBeNull()
  })

  test('UTF-8 reads back, and broken UTF-8 is null', () => {
    expect(fromUtf8(toUtf8('应收账款 €'))).toBe('应收账款 €')
    expect(fromUtf8(Uint8Array.of(0xc3, 0x28))).toBeNull()
    expect(fromUtf8(toUtf8('\ufeffa'))).toBe('\ufeffa')
  })

  test('equal bytes are equal, a prefix is not', () => {
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(sameBytes(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
    const long = new Uint8Array(1_000)
    expect(sameBytes(long, new Uint8Array(1_000))).toBe(true)
    expect(sameBytes(long, long.with(999, 1))).toBe(false)
  })
})
