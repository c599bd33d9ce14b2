/** Small files that must be whole after a crash: written beside, synced, and renamed. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../config/genesis-file.ts'

/** Replaces the file, or leaves it as it was. Mode 0600 when `secret`. @throws BatonError STORAGE_FAILED */
export function replaceFile(file: string, content: string, secret = false): void {
  const beside = `${file}.new`
  try {
    // One that a crash has left behind may have another mode.
    rmSync(beside, { force: true })
    const opened = openSync(beside, 'wx', secret ? 0o600 : 0o644)
    try {
      writeSync(opened, content)
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
    renameSync(beside, file)
    syncFolder(dirname(file))
  } catch (error) {
    throw new BatonError('STORAGE_FAILED', `${file} cannot be written: ${reasonOf(error)}`, { cause: error })
  }
}

/** A rename is on disk when its folder is; where folders cannot be opened (Windows), the file system sees to it. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
