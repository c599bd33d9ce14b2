import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeStore } from '@baton/shared/ports/node-store'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from '../../../../node-runtime/src/adapters/sqlite-store.ts'
import { blockWrites, chainOf, entryWrites } from './sample-writes.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A real file system of 1 MB where this user may mount one, else a database that may not grow above 1 MB. */
function smallDisk(): { folder: string; pagesMax?: number; grow: () => void } {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0
  if (!mounted) return { folder, pagesMax: 256, grow: () => {} }
  onTestFinished(() => void spawnSync('umount', [folder]))
  return { folder, grow: () => void spawnSync('mount', ['-o', 'remount,size=16m', folder]) }
}

/** Commits until the disk is full; the error, and the last committed index and height. */
function fill(store: NodeStore): { error: unknown; index: number; height: number } {
  let entries = chainOf(1)
  let index = 0
  let height = 0
  for (;;) {
    try {
      store.apply([...entryWrites(entries), ...blockWrites(height + 1, 20, 300)])
      store.commit()
    } catch (error) {
      return { error, index, height }
    }
    height++
    index = entries.at(-1)!.index
    entries = chainOf(2, 300, entries.at(-1)!)
  }
}

test('a full disk is STORAGE_FULL with a remedy, and loses nothing committed', () => {
  const { grow, ...disk } = smallDisk()
  const store = openSqliteStore(disk)
  const { error, index, height } = fill(store)
  expect(error).toMatchObject({ code: 'STORAGE_FULL', remedy: expect.stringContaining('free space') })
  expect(index).toBeGreaterThan(10)

  // What was applied after the last commit is gone from the disk but not from the machines: nothing more may be written.
  expect(() => store.apply(entryWrites(chainOf(1)))).toThrowError(expect.objectContaining({ code: 'STORAGE_FULL' }))
  expect(() => store.commit()).toThrowError(expect.objectContaining({ code: 'STORAGE_FULL' }))
  store.close()

  grow()
  const again = openSqliteStore({ folder: disk.folder })
  const { entries } = again.load()
  expect(entries.at(-1)?.index).toBe(index)
  expect(again.tip()).toBe(height)
  again.apply(entryWrites(chainOf(1, 40, entries.at(-1)!)))
  again.commit()
  expect(again.load().entries.at(-1)?.index).toBe(index + 1)
  again.close()
})
