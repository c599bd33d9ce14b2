import { BatonError } from '@baton/shared/errors'
import { isName } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { type OwnerKeyOptions, ownerSigner } from '../../identity/owner-signer.ts'
import { checkMayJoin } from '../../network/fixed-members.ts'
import { makeJoinToken } from '../../network/join-token.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface TokenCreateOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly authorityUrl: string
  readonly site?: string
  readonly node?: string
  readonly uses: number
  /** Milliseconds. */
  readonly expires: number
  readonly renewFor: number
}

/** @throws BatonError BAD_REQUEST, GENESIS_INVALID, IDENTITY_INVALID, PASSPHRASE_WRONG, SIGNER_FAILED */
export async function tokenCreate(options: TokenCreateOptions): Promise<void> {
  const { cluster, site, node, uses, expires, renewFor, authorityUrl, json } = options
  check(options)
  const genesis = genesisOf(options.genesis)
  checkMayJoin(genesis, cluster)
  const now = Date.now()
  const until = { issuedAt: now, expiresAt: now + expires, renewUntil: now + renewFor }
  const asked = { cluster, authorityUrl, site, node, uses, ...until }
  const { text, token } = await makeJoinToken(genesis, asked, await ownerSigner(options), options.ownerChanges)
  const expiresAt = new Date(token.expiresAt).toISOString()
  if (json) return printJson({ token: text, id: token.id, cluster, site, node, uses, expiresAt })
  print(text)
  process.stderr.write(`token ${token.id} for ${uses} new node(s) of ${cluster}, until ${expiresAt}. Keep it secret.\n`)
}

function check({ authorityUrl, uses, expires, site, node }: TokenCreateOptions): void {
  if (!/^https?:\/\//.test(authorityUrl) || !URL.canParse(authorityUrl)) {
    throw new BatonError('BAD_REQUEST', `--authority-url "${authorityUrl}" is not an http:// or https:// address`)
  }
  if (uses > LIMITS.tokenUses) throw new BatonError('BAD_REQUEST', `--uses ${uses} is more than ${LIMITS.tokenUses}`)
  if (expires > LIMITS.tokenMs) {
    throw new BatonError('BAD_REQUEST', `--expires is more than ${LIMITS.tokenMs / 86_400_000}d`)
  }
  for (const name of [site, node]) {
    if (name !== undefined && !isName(name)) {
      throw new BatonError(
        'BAD_REQUEST',
        `"${name}" is not a name: 1 to 63 lower-case letters, digits and inner hyphens`,
      )
    }
  }
}
