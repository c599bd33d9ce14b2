/** Hashes side by side in one array of bytes: 32 bytes a slot, no object each. */
import type { Hash } from '../../ids.ts'

export const SLOT_BYTES = 32

/** Writes `hash` into slot `slot`. The hash is our own: 64 lower-case hex digits. */
export function writeSlot(target: Uint8Array, slot: number, hash: Hash): void {
  let at = slot * SLOT_BYTES
  for (let i = 0; i < 2 * SLOT_BYTES; i += 2) {
    target[at++] = (digit(hash.charCodeAt(i)) << 4) | digit(hash.charCodeAt(i + 1))
  }
}

/** Fills `count` slots from `slot` on with what stands in the first of them: whole blocks of memory at a time. */
export function repeatSlot(target: Uint8Array, slot: number, count: number): void {
  const start = slot * SLOT_BYTES
  for (let filled = 1; filled < count; filled *= 2) {
    const more = Math.min(filled, count - filled)
    target.copyWithin(start + filled * SLOT_BYTES, start, start + more * SLOT_BYTES)
  }
}

/** A view of `count` slots from `slot` on; not a copy. */
export function slots(source: Uint8Array, slot: number, count: number): Uint8Array {
  return source.subarray(slot * SLOT_BYTES, (slot + count) * SLOT_BYTES)
}

/** '0'–'9' are 48–57, 'a'–'f' are 97–102. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87
}
