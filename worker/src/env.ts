/** Bindings of the Worker, and its configuration read from them. */
import { sha256 } from '@baton/shared/crypto/hash-node'
import { importPrivateJwk, type KeyPair } from '@baton/shared/crypto/keys'
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
  /** Alerts are posted there, signed with the secret. */
  readonly ALERT_WEBHOOK?: string
  /** Secret. */
  readonly ALERT_WEBHOOK_SECRET?: string
  readonly LOCATION_HINT?: string
  readonly JURISDICTION?: string
  readonly CLUSTER_AUTHORITY: DurableObjectNamespace<ClusterAuthority>
  readonly NETWORK_DIRECTORY: DurableObjectNamespace<NetworkDirectory>
}

export interface Config {
  readonly genesis: Genesis
  readonly genesisHash: Hash
  readonly authority: KeyPair
  /** Null: none is configured. */
  readonly webhook: AlertWebhook | null
}

export interface AlertWebhook {
  readonly url: string
  readonly secret: string
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly error: BatonError }

let read: { readonly texts: readonly string[]; readonly result: Promise<ConfigResult> } | undefined

/** Never throws. Read once for each set of texts: the same isolate serves all requests and objects. */
export function readConfig(env: Env): Promise<ConfigResult> {
  const genesis = env.GENESIS ?? ''
  const key = env.AUTHORITY_KEY ?? ''
  const texts = [genesis, key, env.ALERT_WEBHOOK ?? '', env.ALERT_WEBHOOK_SECRET ?? '']
  if (read === undefined || texts.some((text, place) => text !== read?.texts[place])) {
    read = { texts, result: parseConfig(genesis, key, texts[2]!, texts[3]!) }
  }
  return read.result
}

async function parseConfig(
  genesisText: string,
  keyText: string,
  webhookUrl: string,
  webhookSecret: string,
): Promise<ConfigResult> {
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
  if (!genesis.value.authorityKeys.includes(authority.value.publicKey)) {
    return invalid(
      `genesis does not list the public key of AUTHORITY_KEY (${authority.value.publicKey})`,
      'use the authority key that was made together with this genesis',
    )
  }
  if (webhookUrl !== '' && !/^https?:\/\//.test(webhookUrl)) {
    return invalid(
      `ALERT_WEBHOOK is not an address: ${webhookUrl}`,
      'set it to an http:// or https:// address, or remove it',
    )
  }
  if (webhookUrl !== '' && webhookSecret.length < WEBHOOK_SECRET_CHARACTERS_MIN) {
    return invalid('ALERT_WEBHOOK_SECRET is missing or short', 'run: wrangler secret put ALERT_WEBHOOK_SECRET')
  }
  const config = {
    genesis: genesis.value,
    genesisHash: genesisHash(sha256, genesis.value),
    authority: authority.value,
    webhook: webhookUrl === '' ? null : { url: webhookUrl, secret: webhookSecret },
  }
  return { ok: true, config }
}

/** Shorter ones are guessed. */
const WEBHOOK_SECRET_CHARACTERS_MIN = 16

function invalid(message: string, remedy: string): ConfigResult {
  return { ok: false, error: new BatonError('CONFIG_INVALID', message, { remedy }) }
}
