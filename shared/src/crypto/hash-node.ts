/**
 * SHA-256 as the synchronous `HashFunction` of the core. The only file of `shared` that imports `node:*`; Workers have the
 * same module under `nodejs_compat`, so it serves both.
 */
import { createHash } from 'node:crypto'
import type { HashFunction } from '../core/step.ts'
import type { Hash } from '../ids.ts'

export const sha256: HashFunction = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex') as Hash
}
