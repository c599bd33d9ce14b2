/** A join token: what the owner of a cluster makes, offline, and a fresh host joins with (ID3). */
import { randomBytes } from 'node:crypto'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { writeJoinToken } from '@baton/shared/crypto/join-token-text'
import { keyPairFromSeed } from '@baton/shared/crypto/keys'
import type { JoinToken } from '@baton/shared/crypto/statement-types'
import type { SignBytes } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import { genesisHash } from '@baton/shared/genesis-schema'
import type { ClusterId, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { signAsOwner } from '../identity/owner-signer.ts'

export interface JoinTokenRequest {
  readonly cluster: string
  readonly authorityUrl: string
  /** Not said: whoever joins chooses. */
  readonly site?: string | undefined
  readonly node?: string | undefined
  readonly uses: number
  /** Wall clock, Unix ms. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** ID8: until then node and authority may extend its certificates without the owner; not said: never. */
  readonly renewUntil?: number | undefined
}

/**
 * `text` is what `baton join` takes: secret.
 * @param ownerChanges file with the rotations of owner keys since genesis, if there were any
 * @throws BatonError IDENTITY_INVALID, BAD_REQUEST as `signAsOwner` does
 */
export async function makeJoinToken(
  genesis: Genesis,
  { cluster, authorityUrl, site, node, uses, issuedAt, expiresAt, renewUntil }: JoinTokenRequest,
  sign: SignBytes,
  ownerChanges?: string,
): Promise<{ readonly text: string; readonly token: JoinToken }> {
  const seed = randomBytes(32)
  const token: JoinToken = {
    network: genesis.network,
    cluster: cluster as ClusterId,
    id: toBase64Url(randomBytes(12)),
    key: (await keyPairFromSeed(seed)).publicKey,
    uses,
    issuedAt: issuedAt as UnixMs,
    expiresAt: expiresAt as UnixMs,
    ...(site === undefined ? {} : { site: site as SiteId }),
    ...(node === undefined ? {} : { node: node as NodeId }),
    ...(renewUntil === undefined ? {} : { renewUntil: renewUntil as UnixMs }),
  }
  const text = writeJoinToken({
    statement: await signAsOwner(genesis, 'joinToken', token, sign, ownerChanges),
    seed: toBase64Url(seed),
    authority: authorityUrl.replace(/\/+$/, ''),
    genesis: genesisHash(sha256, genesis),
  })
  return { text, token }
}
