/** Reads canonical CBOR in one pass: an encoding that is not the only one of its value is refused where it shows. */
import { LIMITS } from '../limits.ts'
import { compareKeys, FALSE, INLINE, MAJOR, NULL, TRUE, TWO_POW_32 } from './cbor-item.ts'

/** Thrown by the reader and caught in `cbor.ts`: it never leaves the codec. */
export class MalformedCbor extends Error {
  override readonly name = 'MalformedCbor'
}

/** Text up to this many bytes is read one by one, unless it turns out not to be ASCII: a call of the platform costs more. */
const SHORT_TEXT = 32
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const PLAIN_FIELD = { enumerable: true, writable: true, configurable: true } as const
const MAX_HIGH_WORD = Math.floor(Number.MAX_SAFE_INTEGER / TWO_POW_32)

/** The one item that these bytes are. Byte strings are copies. Throws `MalformedCbor`. */
export function readItem(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.item(0)
  if (reader.at !== bytes.length) throw new MalformedCbor('bytes after the end')
  return value
}

class Reader {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    // A `slice` of a Buffer would be a view, and a view of it a Buffer.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  item(depth: number): unknown {
    const first = this.byte()
    switch (first >> 5) {
      case MAJOR.unsigned:
        return this.number(first)
      case MAJOR.negative:
        return this.negative(first)
      case MAJOR.bytes:
        return this.copy(this.number(first))
      case MAJOR.text:
        return this.text(this.number(first))
      case MAJOR.array:
        return this.array(this.number(first), depth)
      case MAJOR.map:
        return this.map(this.number(first), depth)
      default:
        return simpleValue(first)
    }
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw new MalformedCbor('cut short')
    return this.bytes[this.at++]!
  }

  /** What follows the major type: in as few bytes as it needs, and no larger than a safe integer. */
  number(first: number): number {
    const low = first & 31
    if (low < INLINE) return low
    switch (low - INLINE) {
      case 0:
        return atLeast(INLINE, this.byte())
      case 1:
        return atLeast(0x100, (this.byte() << 8) | this.byte())
      case 2:
        return atLeast(0x1_0000, this.word())
      case 3: {
        const high = this.word()
        if (high > MAX_HIGH_WORD) throw new MalformedCbor('a number beyond the safe integers')
        return atLeast(TWO_POW_32, high * TWO_POW_32 + this.word())
      }
      default:
        throw new MalformedCbor('an indefinite or reserved length')
    }
  }

  word(): number {
    return ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0
  }

  negative(first: number): number {
    const value = -1 - this.number(first)
    if (!Number.isSafeInteger(value)) throw new MalformedCbor('a number beyond the safe integers')
    return value
  }

  copy(length: number): Uint8Array {
    const end = this.end(length)
    const copy = this.bytes.slice(this.at, end)
    this.at = end
    return copy
  }

  /** Where `length` more bytes end. What is claimed is compared with what is there before anything is made of it. */
  end(length: number): number {
    const end = this.at + length
    if (end > this.bytes.length) throw new MalformedCbor('cut short')
    return end
  }

  text(length: number): string {
    const start = this.at
    const end = this.end(length)
    this.at = end
    return (length <= SHORT_TEXT ? this.ascii(start, end) : null) ?? decoded(this.bytes.subarray(start, end))
  }

  /** Null when it is not ASCII. */
  ascii(start: number, end: number): string | null {
    let text = ''
    for (let i = start; i < end; i++) {
      const code = this.bytes[i]!
      if (code > 0x7f) return null
      text += String.fromCharCode(code)
    }
    return text
  }

  array(length: number, depth: number): unknown[] {
    this.enter(depth)
    // An item is a byte at least.
    this.end(length)
    const items: unknown[] = []
    for (let i = 0; i < length; i++) items.push(this.item(depth + 1))
    return items
  }

  map(length: number, depth: number): Record<string, unknown> {
    this.enter(depth)
    const map: Record<string, unknown> = {}
    let previous: Uint8Array | null = null
    for (let i = 0; i < length; i++) {
      const { key, bytes } = this.key()
      if (previous !== null && compareKeys(previous, bytes) >= 0) throw new MalformedCbor('keys that are not in order')
      previous = bytes
      const value = this.item(depth + 1)
      // An assignment to this one name would change the prototype instead.
      if (key === '__proto__') Object.defineProperty(map, key, { value, ...PLAIN_FIELD })
      else map[key] = value
    }
    return map
  }

  key(): { readonly key: string; readonly bytes: Uint8Array } {
    const first = this.byte()
    if (first >> 5 !== MAJOR.text) throw new MalformedCbor('a key that is no text')
    const length = this.number(first)
    const start = this.at
    const key = this.text(length)
    return { key, bytes: this.bytes.subarray(start, this.at) }
  }

  enter(depth: number): void {
    if (depth >= LIMITS.cborDepth) throw new MalformedCbor(`deeper than ${LIMITS.cborDepth}`)
  }
}

function decoded(utf8: Uint8Array): string {
  try {
    return decoder.decode(utf8)
  } catch {
    throw new MalformedCbor('text that is not UTF-8')
  }
}

function simpleValue(first: number): boolean | null {
  switch (first) {
    case FALSE:
      return false
    case TRUE:
      return true
    case NULL:
      return null
    default:
      throw new MalformedCbor('neither true, false nor null')
  }
}

function atLeast(least: number, value: number): number {
  if (value < least) throw new MalformedCbor('a number in more bytes than it needs')
  return value
}
