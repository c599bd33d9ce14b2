/** `baton node send`: carries to the authentication node what an owner has signed on a machine without a network (ID1, ID8). */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyNotice } from '@baton/shared/crypto/notices'
import { type OwnerRotation, STATEMENT_TYPES } from '@baton/shared/crypto/statement-types'
import { peekStatement, typeOf, verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import { IdentityClient } from '../../identity/identity-client.ts'
import { askNotices } from '../../identity/known-notices.ts'
import { keepRecorded } from '../../identity/recorded-rotations.ts'
import { readStatements } from '../../identity/statements-file.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface NoticeSendOptions extends OutputOptions {
  readonly genesis: string
  readonly authorityUrl: string
  readonly out?: string
}

interface Said {
  readonly kind: string
  readonly payload: { readonly cluster: ClusterId }
}

/**
 * One statement a line, in their order: a new owner key first, then what is signed with it. Sent again, each is known already.
 * @throws BatonError CONFIG_UNREADABLE, BAD_REQUEST, STATEMENT_INVALID, UNREACHABLE, STORAGE_FAILED
 */
export async function noticeSend(file: string, options: NoticeSendOptions): Promise<void> {
  const statements = linesOf(file)
  const { out, json } = options
  const rotation = statements.find(isRotation)
  if (rotation !== undefined && out === undefined) {
    throw new BatonError('BAD_REQUEST', `${file} replaces an owner key: say with --out where its record goes`, {
      remedy: 'commands with the new key need that file: --owner-changes',
    })
  }
  const genesis = genesisOf(options.genesis)
  const client = new IdentityClient(options.authorityUrl, genesis.network)
  for (const statement of statements) {
    // Its owner's key may have come after genesis, and with the line before.
    const { trust } = await askNotices(client, genesis)
    const said = await verified(trust, statement)
    if (!said.ok) throw new BatonError(said.code, `${file} is no notice of an owner: ${said.why}`)
    const added = await client.notice(statement)
    const { kind, payload } = said.value
    if (json) printJson({ kind, ...payload, added })
    else print(`${kind} of the owner of ${payload.cluster} ${added ? 'sent' : 'was known already'}`)
  }
  if (rotation === undefined || out === undefined) return
  const read = peekStatement('ownerRotation', rotation)
  if (!read.ok) throw new BatonError(read.code, read.why)
  const recorded = await keepRecorded(out, genesis, client, read.payload.cluster)
  if (!json) print(`${recorded} written: --owner-changes of commands with the new key`)
}

function linesOf(file: string): readonly Jws[] {
  const lines = readStatements('the file', file)
  if (lines.length > 0) return lines
  throw new BatonError('STATEMENT_INVALID', `${file} is no notice of an owner: it is empty`)
}

function isRotation(statement: Jws): boolean {
  return typeOf(statement) === STATEMENT_TYPES.ownerRotation
}

/** Whether a rotation is the next one, the authentication node says: it may have recorded just this one before. */
async function verified(trust: Trust, statement: Jws): Promise<Result<Said>> {
  if (!isRotation(statement)) return verifyNotice(trust, statement)
  const read = peekStatement('ownerRotation', statement)
  if (!read.ok) return read
  const payload: OwnerRotation = read.payload
  const signed = await verifyStatement('ownerRotation', statement, [payload.from])
  return signed.ok ? { ok: true, value: { kind: 'ownerRotation', payload } } : signed
}
