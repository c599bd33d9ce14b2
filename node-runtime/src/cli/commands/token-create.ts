import { randomBytes } from 'node:crypto'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { writeJoinToken } from '@baton/shared/crypto/join-token-text'
import { keyPairFromSeed } from '@baton/shared/crypto/keys'
import type { JoinToken } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import { genesisHash } from '@baton/shared/genesis-schema'
import { type ClusterId, isName, type NodeId, type SiteId, type UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { type OwnerKeyOptions, ownerSigner, signAsOwner } from '../../identity/owner-signer.ts'
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
  const seed = randomBytes(32)
  const now = Date.now()
  const token: JoinToken = {
    network: genesis.network,
    cluster: cluster as ClusterId,
    id: toBase64Url(randomBytes(12)),
    key: (await keyPairFromSeed(seed)).publicKey,
    uses,
    issuedAt: now as UnixMs,
    expiresAt: (now + expires) as UnixMs,
    ...(site === undefined ? {} : { site: site as SiteId }),
    ...(node === undefined ? {} : { node: node as NodeId }),
    renewUntil: (now + renewFor) as UnixMs,
  }
  const statement = await signAsOwner(genesis, 'joinToken', token, await ownerSigner(options), options.ownerChanges)
  const text = writeJoinToken({
    statement,
    seed: toBase64Url(seed),
    authority: authorityUrl.replace(/\/+$/, ''),
    genesis: genesisHash(sha256, genesis),
  })
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
