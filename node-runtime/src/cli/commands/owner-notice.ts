/** What an owner says for ever and for everybody (ID1, ID8, MJ1): signed, and sent or written to a file, or both. */
import { basename, dirname, resolve } from 'node:path'
import type { Notice } from '@baton/shared/crypto/notices'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { LIMITS } from '@baton/shared/limits'
import { IdentityClient } from '../../identity/identity-client.ts'
import { type OwnerKeyOptions, ownerSigner, signAsOwner } from '../../identity/owner-signer.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

export interface OwnerNoticeOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly reason: string
  readonly authorityUrl?: string
  readonly out?: string
}

type Said = Exclude<Notice, { readonly kind: 'ownerRotation' }>

/** Before anything is asked or signed. @throws BatonError BAD_REQUEST */
export function checkNoticeOptions({ authorityUrl, out, reason }: OwnerNoticeOptions): void {
  if (authorityUrl === undefined && out === undefined) {
    throw new BatonError('BAD_REQUEST', 'say where it goes: --authority-url to send it, or --out to write it to a file')
  }
  if (reason.length > LIMITS.operatorTextCharacters) {
    throw new BatonError('BAD_REQUEST', `--reason has more than ${LIMITS.operatorTextCharacters} characters`)
  }
}

/** @param name of what is said, for people */
export async function sayAsOwner(
  genesis: Genesis,
  { kind, payload }: Said,
  name: string,
  options: OwnerNoticeOptions,
): Promise<void> {
  const { authorityUrl, out, json } = options
  const statement = await signAsOwner(genesis, kind, payload, await ownerSigner(options), options.ownerChanges)
  const file = out === undefined ? null : resolve(out)
  if (file !== null) writeNewFiles(dirname(file), [{ path: basename(file), content: statement }])
  const sent = authorityUrl !== undefined
  if (sent) await new IdentityClient(authorityUrl, genesis.network).notice(statement)
  if (json) printJson({ ...payload, sent, file })
  else {
    const done = [...(sent ? ['sent'] : []), ...(file === null ? [] : [`written to ${file}`])]
    print(`${name} ${done.join(' and ')}`)
  }
}
