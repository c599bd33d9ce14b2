import { readFileSync } from 'node:fs'
import { BatonError } from '@baton/shared/errors'
import type { Jws } from '@baton/shared/ids'
import { reasonOf } from '../config/genesis-file.ts'

/** One statement a line, as commands of owners write them. @param option that named the file @throws BatonError CONFIG_UNREADABLE */
export function readStatements(option: string, file: string): readonly Jws[] {
  try {
    return readFileSync(file, 'utf8')
      .split(/\s+/)
      .filter((line) => line !== '') as Jws[]
  } catch (error) {
    throw new BatonError('CONFIG_UNREADABLE', `${option} ${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}
