import { readFileSync } from 'node:fs'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { parseGenesis } from '@baton/shared/genesis-schema'
import type { ConfigResult } from './result.ts'

/** Reads and checks a genesis document. @returns GENESIS_INVALID with the first reasons */
export function readGenesis(file: string): ConfigResult<Genesis> {
  const fail = (message: string, cause?: unknown): ConfigResult<Genesis> => ({
    ok: false,
    error: new BatonError('GENESIS_INVALID', `genesis ${file} ${message}`, {
      remedy: 'copy genesis.json from the folder that `baton network init` wrote; every node has the same file',
      cause,
    }),
  })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return fail(`cannot be read: ${reasonOf(error)}`, error)
  }
  const parsed = parseGenesis(text)
  return parsed.ok ? parsed : fail(`is not valid: ${parsed.why}`)
}

/** The short reason of a failed file operation: `no such file`, `permission denied`, or the message itself. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'EISDIR') return 'it is a folder'
  return error instanceof Error ? error.message : String(error)
}
