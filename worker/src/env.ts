/** Bindings of the Worker, and its configuration read from them. */
import { type Trust, trustAfter } from '@baton/shared/crypto/authority-keys'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { importPrivateJwk, type KeyPair } from '@baton/shared/crypto/keys'
import { verifyNotice } from '@baton/shared/crypto/notices'
import type { AuthorityKeys } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { genesisHash, parseGenesis } from '@baton/shared/genesis-schema'
import type { Hash } from '@baton/shared/ids'
import type { ClusterAuthority } from './objects/cluster-authority.ts'
import type { NetworkDirectory } from './objects/network-directory.ts'

export interface Env {
  /** JSON text of the genesis document. */
  readonly GENESIS?: string
  /** Secret: private Ed25519 JWK whose public key genesis lists as an authority. */
  readonly AUTHORITY_KEY?: string
  /** Owners' statements about the authority's keys, one a line: needed once AUTHORITY_KEY is not the one of genesis. */
  readonly AUTHORITY_CHANGES?: string
  readonly LOCATION_HINT?: string
  readonly JURISDICTION?: string
  readonly CLUSTER_AUTHORITY: DurableObjectNamespace<ClusterAuthority>
  readonly NETWORK_DIRECTORY: DurableObjectNamespace<NetworkDirectory>
}

export interface Config {
  readonly genesis: Genesis
  readonly genesisHash: Hash
  /** Genesis, with the authority's keys that count now. */
  readonly trust: Trust
  readonly authority: KeyPair
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly error: BatonError }

let read: { readonly texts: string; readonly result: Promise<ConfigResult> } | undefined

/** Never throws. Read once for the same texts: the same isolate serves all requests and objects. */
export function readConfig(env: Env): Promise<ConfigResult> {
  const { GENESIS: genesis = '', AUTHORITY_KEY: key = '', AUTHORITY_CHANGES: changes = '' } = env
  const texts = JSON.stringify([genesis, key, changes])
  if (read?.texts !== texts) read = { texts, result: parseConfig(genesis, key, changes) }
  return read.result
}

async function parseConfig(genesisText: string, keyText: string, changesText: string): Promise<ConfigResult> {
  if (genesisText === '') {
    return invalid('GENESIS is not set', 'set the variable GENESIS to the text of genesis.json and deploy again')
  }
  const genesis = parseGenesis(genesisText)
  if (!genesis.ok) return invalid(`GENESIS: ${genesis.why}`, 'set GENESIS to the unchanged text of genesis.json')
  if (keyText === '') {
    return invalid('AUTHORITY_KEY is not set', 'run: wrangler secret put AUTHORITY_KEY < authority.jwk')
  }
  const authority = await importPrivateJwk(keyText)
  if (!authority.ok) {
    return invalid(`AUTHORITY_KEY: ${authority.why}`, 'set AUTHORITY_KEY to the text of the authority’s JWK file')
  }
  const changes: AuthorityKeys[] = []
  for (const line of changesText.split(/\s+/).filter((text) => text !== '')) {
    const notice = await verifyNotice(genesis.value, line)
    if (!notice.ok) return invalid(`AUTHORITY_CHANGES: ${notice.why}`, 'set it to what `baton authority sign` wrote')
    if (notice.value.kind === 'authorityKeys') changes.push(notice.value.payload)
  }
  const trust = trustAfter(genesis.value, changes)
  if (!trust.authorityKeys.includes(authority.value.publicKey)) {
    return invalid(
      `neither genesis nor enough of its owners list the public key of AUTHORITY_KEY (${authority.value.publicKey})`,
      'use the authority key that was made together with this genesis, or set AUTHORITY_CHANGES to what the owners signed',
    )
  }
  const config = {
    genesis: genesis.value,
    genesisHash: genesisHash(sha256, genesis.value),
    trust,
    authority: authority.value,
  }
  return { ok: true, config }
}

function invalid(message: string, remedy: string): ConfigResult {
  return { ok: false, error: new BatonError('CONFIG_INVALID', message, { remedy }) }
}
