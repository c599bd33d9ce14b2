/** `baton owner changes` (ID1): what owners have said since genesis, for commands on a machine without a network. */
import { basename, dirname, resolve } from 'node:path'
import { IdentityClient } from '../../identity/identity-client.ts'
import { askNotices } from '../../identity/known-notices.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface ChangesOptions extends OutputOptions {
  readonly genesis: string
  readonly authorityUrl: string
  readonly out: string
}

/** Only what verifies is written. @throws BatonError UNREACHABLE, CONFIG_INVALID, STORAGE_FAILED */
export async function ownerChanges({ genesis: genesisFile, authorityUrl, out, json }: ChangesOptions): Promise<void> {
  const genesis = genesisOf(genesisFile)
  const { statements } = await askNotices(new IdentityClient(authorityUrl, genesis.network), genesis)
  const file = resolve(out)
  const content = statements.map((statement) => `${statement}\n`).join('')
  writeNewFiles(dirname(file), [{ path: basename(file), content }])
  if (json) printJson({ file, statements: statements.length })
  else print(`${statements.length} statement(s) of owners since genesis written to ${file}: --owner-changes, offline`)
}
