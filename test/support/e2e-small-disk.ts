/**
 * A data folder on a disk that fills up. Where this user may mount one it is a real file system of its own; elsewhere the
 * node is started with `e2e-page-limit.ts`, which makes real SQLite refuse to grow: the same error from the same place.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const PAGE_LIMIT = pathToFileURL(join(import.meta.dirname, 'e2e-page-limit.ts')).href
const PAGE_BYTES = 4_096

export interface SmallDisk {
  /** For the node that lives on it, while the disk is small. */
  readonly environment: Readonly<Record<string, string>>
  /** What an operator does: makes room. */
  makeRoom(): void
  /** Call it when nothing runs on the disk any more. */
  remove(): void
}

/** Null when this user may not mount. */
export function mountedDisk(folder: string, bytes: number): SmallDisk | null {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=700`, 'tmpfs', folder])
  if (mounted.status !== 0) return null
  return {
    environment: {},
    makeRoom() {
      const done = spawnSync('mount', ['-o', `remount,size=${64 * bytes}`, folder])
      if (done.status !== 0) throw new Error(`remount: ${done.stderr}`)
    },
    // Lazily: a process that is just ending may still hold it.
    remove: () => void spawnSync('umount', ['-l', folder]),
  }
}

export function limitedDatabase(bytes: number): SmallDisk {
  const inherited = process.env.NODE_OPTIONS ?? ''
  return {
    environment: {
      NODE_OPTIONS: `${inherited} --import=${PAGE_LIMIT}`.trim(),
      BATON_TEST_PAGES: String(Math.floor(bytes / PAGE_BYTES)),
    },
    makeRoom() {},
    remove() {},
  }
}
