import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import { certificate as certificateSchema, explainIssues } from '@baton/shared/crypto/statement-schemas'
import { BatonError } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'
import { reasonOf } from '../../config/genesis-file.ts'
import { ownersOf } from '../../identity/known-notices.ts'
import { type OwnerKeyOptions, ownerSigner, signAsOwner } from '../../identity/owner-signer.ts'
import { checkMemberKey } from '../../network/fixed-members.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface NodeCertifyOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly out: string
  readonly certificate?: string
  readonly cluster?: string
  readonly node?: string
  readonly site?: string
  readonly key?: string
  /** Milliseconds. */
  readonly validFor: number
  readonly renewFor: number
}

/**
 * Signs a certificate for a node of this owner, and writes it to a file. It takes the place of an earlier one: the authority
 * takes the one that was issued later.
 * @throws BatonError BAD_REQUEST, CONFIG_INVALID when the file exists, IDENTITY_INVALID, PASSPHRASE_WRONG, SIGNER_FAILED
 */
export async function nodeCertify(options: NodeCertifyOptions): Promise<void> {
  const genesis = genesisOf(options.genesis)
  const before = options.certificate === undefined ? {} : certificateIn(options.certificate)
  const now = Date.now()
  const { cluster, node, site, key } = options
  const said = Object.fromEntries(
    Object.entries({ cluster, node, site, key }).filter(([, value]) => value !== undefined),
  )
  if (options.validFor > LIMITS.certificateMs) {
    throw new BatonError('BAD_REQUEST', '--valid-for is more than a year: let the node renew its certificate instead')
  }
  const payload = certificateSchema.safeParse({
    ...before,
    ...said,
    network: genesis.network,
    issuedAt: now,
    expiresAt: now + options.validFor,
    renewUntil: now + options.renewFor,
    token: undefined,
  })
  if (!payload.success) {
    throw new BatonError('BAD_REQUEST', `not enough is known of the node: ${explainIssues(payload.error)}`, {
      remedy: 'give its certificate so far with --certificate, or all of --cluster, --node, --site and --key',
    })
  }
  checkMemberKey(await ownersOf(genesis, options.ownerChanges), payload.data)
  const jws = await signAsOwner(genesis, 'certificate', payload.data, await ownerSigner(options), options.ownerChanges)
  const file = resolve(options.out)
  writeNewFiles(dirname(file), [{ path: basename(file), content: jws }])
  const { token: _, ...shown } = payload.data
  if (options.json) return printJson({ file, ...shown })
  print(`${file} written: ${shown.cluster}/${shown.node} at site ${shown.site}, key ${shown.key}`)
  print(`Next, on its host: baton key install --config baton.toml --certificate ${options.out}`)
}

function certificateIn(file: string): object {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new BatonError('CONFIG_UNREADABLE', `the certificate ${file} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    })
  }
  const read = peekCertificate(text)
  if (read.ok) return read.value
  throw new BatonError('BAD_REQUEST', `${file} is no node certificate: ${read.why}`)
}
