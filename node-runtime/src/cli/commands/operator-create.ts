/** `baton operator create`: a token for a person or a job, signed offline with the owner key (ID7). */
import { basename, dirname, resolve } from 'node:path'
import { OPERATOR_ROLES, type OperatorRole } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import { operatorName } from '@baton/shared/id-schemas'
import { signOperatorToken } from '../../identity/operator-token.ts'
import { type OwnerKeyOptions, ownerSigner } from '../../identity/owner-signer.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { parseTime } from '../duration.ts'
import { genesisOf } from './genesis-option.ts'

export interface OperatorCreateOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly role: string
  readonly name: string
  readonly expires: string
  readonly out: string
}

/** @throws BatonError BAD_REQUEST, IDENTITY_INVALID, GENESIS_INVALID, PASSPHRASE_WRONG, SIGNER_FAILED, CONFIG_INVALID when the file exists */
export async function operatorCreate(options: OperatorCreateOptions): Promise<void> {
  const { cluster, role, name, out, json } = options
  const now = Date.now()
  const expiresAt = parseTime('--expires', options.expires, now)
  if (expiresAt <= now) throw new BatonError('BAD_REQUEST', `--expires ${options.expires} has passed`)
  if (!(OPERATOR_ROLES as readonly string[]).includes(role)) {
    throw new BatonError('BAD_REQUEST', `--role ${role} is none of ${OPERATOR_ROLES.join(', ')}`)
  }
  const named = operatorName.safeParse(name)
  if (!named.success) throw new BatonError('BAD_REQUEST', `--name "${name}": ${named.error.issues[0]!.message}`)
  const genesis = genesisOf(options.genesis)
  const asked = { cluster, name, role: role as OperatorRole, issuedAt: now, expiresAt }
  const { token, payload } = await signOperatorToken(genesis, asked, await ownerSigner(options), options.ownerChanges)
  const file = resolve(out)
  writeNewFiles(dirname(file), [{ path: basename(file), content: `${token}\n`, secret: true }])
  if (json === true) printJson({ file, ...payload })
  else {
    const until = new Date(expiresAt).toISOString()
    print(
      `${file} written (mode 0600): ${name}, ${role} of ${cluster}, until ${until}\nid ${payload.id}: to take it back, baton operator revoke ${payload.id}`,
    )
  }
}
