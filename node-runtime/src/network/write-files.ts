import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../config/genesis-file.ts'

export interface FileToWrite {
  /** Relative to the folder. */
  readonly path: string
  readonly content: string
  /** Mode 0600; everything else is 0644. */
  readonly secret?: boolean
}

/**
 * Writes all files or none: when one of them exists, nothing is touched.
 * @throws BatonError CONFIG_INVALID naming the file that exists, STORAGE_FAILED
 */
export function writeNewFiles(folder: string, files: readonly FileToWrite[]): void {
  const existing = files.find(({ path }) => existsSync(join(folder, path)))
  if (existing !== undefined) {
    throw new BatonError('CONFIG_INVALID', `${join(folder, existing.path)} exists: nothing was written`, {
      remedy: 'choose another folder with --out; keys that exist are never overwritten',
    })
  }
  try {
    for (const { path, content, secret = false } of files) {
      const file = join(folder, path)
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
      // `wx`: never over a file that appeared meanwhile.
      writeFileSync(file, content, { mode: secret ? 0o600 : 0o644, flag: 'wx' })
    }
  } catch (error) {
    throw new BatonError('STORAGE_FAILED', `${folder} cannot be written: ${reasonOf(error)}`, {
      remedy: 'check the folder, its permissions and its space, or choose another with --out',
      cause: error,
    })
  }
}
