/// <reference types="node" />
/**
 * SHA-256 as the synchronous `HashFunction` of the core. The only file of `shared` that imports `node:*`; Workers have the
 * same module under `nodejs_compat`, so it serves both.
 */
import { createHash, hash } from 'node:crypto'
import type { HashFunction } from '../core/step.ts'
import type { Hash } from '../ids.ts'

/** Small inputs are gathered here and hashed in one call: half the time of a hash object, and trees are made of small ones. */
const scratch = new Uint8Array(4_096)

export const sha256: HashFunction = (...parts) => {
  let length = 0
  for (const part of parts) length += part.length
  if (length > scratch.length) return hashLong(parts)
  let at = 0
  for (const part of parts) {
    scratch.set(part, at)
    at += part.length
  }
  return hash('sha256', scratch.subarray(0, length), 'hex') as Hash
}

function hashLong(parts: readonly Uint8Array[]): Hash {
  const object = createHash('sha256')
  for (const part of parts) object.update(part)
  return object.digest('hex') as Hash
}
