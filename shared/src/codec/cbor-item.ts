/** What the reader and the writer of CBOR share: the parts of an item's first byte, and the order of map keys. */

/** Major types, in the upper three bits of the first byte. */
export const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, simple: 7 } as const

/** First bytes of the simple values. */
export const FALSE = 0xf4
export const TRUE = 0xf5
export const NULL = 0xf6

/** Lower five bits of the first byte: the number itself below this one, else 24 to 27 for the 1, 2, 4 or 8 bytes that follow. */
export const INLINE = 24

export const TWO_POW_32 = 2 ** 32

/** The order of keys is that of their encodings: shorter ones first, then byte by byte. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}
