/** ID1: the keys of the authority are replaced by the owners of more than two thirds of the clusters, each at home. */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { explainIssues, authorityKeys as schema } from '@baton/shared/crypto/statement-schemas'
import type { AuthorityKeys } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId } from '@baton/shared/ids'
import { reasonOf } from '../../config/genesis-file.ts'
import { IdentityClient } from '../../identity/identity-client.ts'
import { type OwnerKeyOptions, ownerSigner, signAsOwner } from '../../identity/owner-signer.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface ProposeOptions extends OutputOptions {
  readonly genesis: string
  readonly sequence: number
  readonly keys: readonly string[]
  readonly retire?: readonly string[]
  readonly authorityUrl?: string
  readonly out: string
}

/** @throws BatonError BAD_REQUEST, CONFIG_INVALID when the file exists, UNREACHABLE */
export async function authorityPropose(options: ProposeOptions): Promise<void> {
  const { keys, sequence, retire = [], authorityUrl, out, json } = options
  const genesis = genesisOf(options.genesis)
  if (retire.length > 0 && authorityUrl === undefined) {
    throw new BatonError(
      'BAD_REQUEST',
      'a key is retired up to its last grants: name the authority with --authority-url',
    )
  }
  const masters = authorityUrl === undefined ? [] : await new IdentityClient(authorityUrl, genesis.network).masters()
  const upTo = masters.map(({ cluster, generation, epoch }) => ({ cluster, generation, epoch }))
  const retired = retire.map((key) => ({ key, upTo }))
  const proposal = read({ network: genesis.network, cluster: genesis.clusters[0]!.cluster, sequence, keys, retired })
  const file = resolve(out)
  writeNewFiles(dirname(file), [{ path: basename(file), content: `${JSON.stringify(proposal, null, 2)}\n` }])
  if (json) return printJson({ file, ...proposal })
  print(`${file} written. Next, by the owners of more than two thirds of the clusters:`)
  print(`  baton authority sign ${out} --cluster NAME --owner-key FILE --genesis ${options.genesis} --out NAME.jws`)
}

export interface SignOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly out: string
}

/** @throws BatonError BAD_REQUEST, CONFIG_UNREADABLE, IDENTITY_INVALID, PASSPHRASE_WRONG, SIGNER_FAILED */
export async function authoritySign(file: string, options: SignOptions): Promise<void> {
  const genesis = genesisOf(options.genesis)
  const proposal = read({ ...parse(file), network: genesis.network, cluster: options.cluster as ClusterId })
  const jws = await signAsOwner(genesis, 'authorityKeys', proposal, await ownerSigner(options), options.ownerChanges)
  const out = resolve(options.out)
  writeNewFiles(dirname(out), [{ path: basename(out), content: `${jws}\n` }])
  if (options.json) return printJson({ file: out, ...proposal })
  print(`${out} written. Next: baton node send ${options.out} --genesis ${options.genesis} --authority-url URL`)
  print('The secret AUTHORITY_CHANGES of the authentication node holds the lines of all owners, one below the other.')
}

function parse(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object
  } catch (error) {
    throw new BatonError('CONFIG_UNREADABLE', `the proposal ${file} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function read(proposal: object): AuthorityKeys {
  const parsed = schema.safeParse(proposal)
  if (parsed.success) return parsed.data
  throw new BatonError('BAD_REQUEST', `the proposal is not complete: ${explainIssues(parsed.error)}`)
}
