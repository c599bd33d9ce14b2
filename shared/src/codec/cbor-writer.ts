/** Writes one value as canonical CBOR. */
import { LIMITS } from '../limits.ts'
import { compareKeys, FALSE, INLINE, MAJOR, NULL, TRUE, TWO_POW_32 } from './cbor-item.ts'

/** Values are written into one array that is kept, and copied out: most are short. One that a long value has widened is not kept. */
const KEPT_BYTES = 4_096
/** Text up to this many characters is written one by one, unless it turns out not to be ASCII: a call of the platform costs more. */
const SHORT_TEXT = 48
const HEAD_BYTES = 9
const UTF8_BYTES_PER_UNIT = 3

const encoder = new TextEncoder()
let target = new Uint8Array(KEPT_BYTES)
let at = 0

/** Throws a `TypeError` on what canonical CBOR does not have, and on what nests deeper than `LIMITS.cborDepth`. */
export function writeItem(value: unknown): Uint8Array {
  at = 0
  write(value, 0)
  if (target.length === KEPT_BYTES) return target.slice(0, at)
  const written = target.subarray(0, at)
  target = new Uint8Array(KEPT_BYTES)
  return written
}

function write(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'number':
      writeNumber(value)
      return
    case 'string':
      writeText(value)
      return
    case 'boolean':
      writeByte(value ? TRUE : FALSE)
      return
    case 'object':
      if (value === null) writeByte(NULL)
      else if (value instanceof Uint8Array) writeBytes(value)
      else if (depth >= LIMITS.cborDepth) throw new TypeError(`deeper than ${LIMITS.cborDepth}`)
      else if (Array.isArray(value)) writeArray(value, depth)
      else writeMap(value, depth)
      return
    default:
      throw new TypeError(`${typeof value} has no canonical encoding`)
  }
}

function writeNumber(value: number): void {
  if (!Number.isSafeInteger(value)) throw new TypeError(`not a safe integer: ${value}`)
  if (value >= 0) writeHead(MAJOR.unsigned, value)
  else writeHead(MAJOR.negative, -1 - value)
}

function writeBytes(value: Uint8Array): void {
  writeHead(MAJOR.bytes, value.length)
  room(value.length)
  target.set(value, at)
  at += value.length
}

function writeText(text: string): void {
  if (text.length <= SHORT_TEXT && writeAscii(text)) return
  const start = at
  room(HEAD_BYTES + UTF8_BYTES_PER_UNIT * text.length)
  // The head is as long as the number of bytes needs, which is known only then.
  const { written } = encoder.encodeInto(text, target.subarray(start + HEAD_BYTES))
  writeHead(MAJOR.text, written)
  target.copyWithin(at, start + HEAD_BYTES, start + HEAD_BYTES + written)
  at += written
}

/** False, with nothing written, when the text is not ASCII. */
function writeAscii(text: string): boolean {
  const start = at
  writeHead(MAJOR.text, text.length)
  room(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) {
      at = start
      return false
    }
    target[at++] = code
  }
  return true
}

function writeArray(items: readonly unknown[], depth: number): void {
  writeHead(MAJOR.array, items.length)
  for (let i = 0; i < items.length; i++) write(items[i], depth + 1)
}

function writeMap(value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('not a plain object')
  const fields = Object.entries(value).map(([key, field]) => ({ key: encoder.encode(key), field: field as unknown }))
  fields.sort((a, b) => compareKeys(a.key, b.key))
  writeHead(MAJOR.map, fields.length)
  for (const { key, field } of fields) {
    writeHead(MAJOR.text, key.length)
    room(key.length)
    target.set(key, at)
    at += key.length
    write(field, depth + 1)
  }
}

/** The first byte, and the number in as few bytes as it needs. */
function writeHead(major: number, count: number): void {
  room(HEAD_BYTES)
  const first = major << 5
  if (count < INLINE) {
    target[at++] = first | count
  } else if (count <= 0xff) {
    target[at++] = first | INLINE
    target[at++] = count
  } else if (count <= 0xffff) {
    target[at++] = first | (INLINE + 1)
    target[at++] = count >> 8
    target[at++] = count
  } else if (count < TWO_POW_32) {
    target[at++] = first | (INLINE + 2)
    writeWord(count)
  } else {
    target[at++] = first | (INLINE + 3)
    writeWord(Math.floor(count / TWO_POW_32))
    writeWord(count)
  }
}

/** The lower 32 bits, big-endian. */
function writeWord(word: number): void {
  target[at++] = word >>> 24
  target[at++] = word >>> 16
  target[at++] = word >>> 8
  target[at++] = word
}

function writeByte(byte: number): void {
  room(1)
  target[at++] = byte
}

function room(bytes: number): void {
  if (at + bytes <= target.length) return
  const wider = new Uint8Array(Math.max(2 * target.length, at + bytes))
  wider.set(target.subarray(0, at))
  target = wider
}
