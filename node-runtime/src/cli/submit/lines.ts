import { createReadStream, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../../config/genesis-file.ts'

export interface InputLine {
  /** From 1, blank lines counted. */
  readonly number: number
  readonly text: string
}

/** The lines of a file, or of standard input for `-`, until `signal`; blank ones are left out. @throws BatonError CONFIG_UNREADABLE */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<InputLine> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  const options = { input, crlfDelay: Number.POSITIVE_INFINITY, ...(signal === undefined ? {} : { signal }) }
  let number = 0
  try {
    for await (const text of createInterface(options)) {
      number += 1
      if (text.trim() !== '') yield { number, text }
    }
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Lines of a file with something on them; null for standard input, which can be read only once. */
export async function countLines(file: string): Promise<number | null> {
  if (file === '-') return null
  try {
    if (statSync(file).isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' })
  } catch (error) {
    throw unreadable(file, error)
  }
  let count = 0
  for await (const _ of readLines(file)) count += 1
  return count
}

function unreadable(file: string, error: unknown): BatonError {
  return new BatonError('CONFIG_UNREADABLE', `${file} cannot be read: ${reasonOf(error)}`, {
    remedy: 'name an existing file, or - for standard input',
    cause: error,
  })
}
