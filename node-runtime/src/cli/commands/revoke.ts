/** Revocations (ID8): what an owner takes back is signed, and sent or written to a file. */
import { randomBytes } from 'node:crypto'
import { basename, dirname, resolve } from 'node:path'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { IdentityClient } from '../../identity/identity-client.ts'
import { type OwnerKeyOptions, ownerSigner, signAsOwner } from '../../identity/owner-signer.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface RevokeOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly reason: string
  readonly authorityUrl?: string
  readonly out?: string
}

/** Signs a revocation; sends it, or writes it to a file, or both. @throws BatonError */
export async function revoke(
  options: RevokeOptions,
  subjectOf: (genesis: Genesis) => Promise<Revocation['subject']>,
): Promise<void> {
  const { authorityUrl, out, reason, json } = options
  if (authorityUrl === undefined && out === undefined) {
    throw new BatonError('BAD_REQUEST', 'say where it goes: --authority-url to send it, or --out to write it to a file')
  }
  if (reason.length > LIMITS.operatorTextCharacters) {
    throw new BatonError('BAD_REQUEST', `--reason has more than ${LIMITS.operatorTextCharacters} characters`)
  }
  const genesis = genesisOf(options.genesis)
  const revocation: Revocation = {
    network: genesis.network,
    cluster: options.cluster as ClusterId,
    id: toBase64Url(randomBytes(12)),
    subject: await subjectOf(genesis),
    reason,
    at: Date.now() as UnixMs,
  }
  const statement = await signAsOwner(
    genesis,
    'revocation',
    revocation,
    await ownerSigner(options),
    options.ownerChanges,
  )
  const file = out === undefined ? null : resolve(out)
  if (file !== null) writeNewFiles(dirname(file), [{ path: basename(file), content: statement }])
  const sent = authorityUrl !== undefined
  if (sent) await new IdentityClient(authorityUrl, genesis.network).notice(statement)
  if (json) printJson({ ...revocation, sent, file })
  else {
    const done = [...(sent ? ['sent'] : []), ...(file === null ? [] : [`written to ${file}`])]
    print(`revocation ${revocation.id} ${done.join(' and ')}`)
  }
}
