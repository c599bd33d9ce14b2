/** Bindings of the Worker, and its configuration read from them. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { importPrivateJwk, type KeyPair } from '@baton/shared/crypto/keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import type { Notice } from '@baton/shared/crypto/notices'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { genesisHash, parseGenesis } from '@baton/shared/genesis-schema'
import type { Hash, Jws } from '@baton/shared/ids'
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
  /**
   * Owners' statements about the authority's keys, one a line: needed once AUTHORITY_KEY is not the one of genesis. With them the recorded
   * rotations of owners whose new key has signed one.
   */
  readonly AUTHORITY_CHANGES?: string
  readonly LOCATION_HINT?: string
  readonly JURISDICTION?: string
  readonly CLUSTER_AUTHORITY: DurableObjectNamespace<ClusterAuthority>
  readonly NETWORK_DIRECTORY: DurableObjectNamespace<NetworkDirectory>
}

export interface Config {
  readonly genesis: Genesis
  readonly genesisHash: Hash
  /** What owners have said of the authority's keys, and of the keys that they said it with. */
  readonly notices: readonly Notice[]
  /** Genesis, with what these make of it. */
  readonly trust: Trust
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

let read: { readonly texts: string; readonly result: Promise<ConfigResult> } | undefined

/** Never throws. Read once for each set of texts: the same isolate serves all requests and objects. */
export function readConfig(env: Env): Promise<ConfigResult> {
  const {
    GENESIS = '',
    AUTHORITY_KEY = '',
    AUTHORITY_CHANGES = '',
    ALERT_WEBHOOK = '',
    ALERT_WEBHOOK_SECRET = '',
  } = env
  const texts = { GENESIS, AUTHORITY_KEY, AUTHORITY_CHANGES, ALERT_WEBHOOK, ALERT_WEBHOOK_SECRET }
  const joined = JSON.stringify(texts)
  if (read?.texts !== joined) read = { texts: joined, result: parseConfig(texts) }
  return read.result
}

type Texts = Required<
  Pick<Env, 'GENESIS' | 'AUTHORITY_KEY' | 'AUTHORITY_CHANGES' | 'ALERT_WEBHOOK' | 'ALERT_WEBHOOK_SECRET'>
>

async function parseConfig({
  GENESIS: genesisText,
  AUTHORITY_KEY: keyText,
  AUTHORITY_CHANGES: changesText,
  ALERT_WEBHOOK: webhookUrl,
  ALERT_WEBHOOK_SECRET: webhookSecret,
}: Texts): Promise<ConfigResult> {
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
  const lines = changesText.split(/\s+/).filter((text) => text !== '') as Jws[]
  const book = new NoticeBook(genesis.value)
  const { verified, refused } = await book.verifyAll(lines, null)
  for (const { notice } of verified) book.add(notice)
  const { trust } = book
  if (refused[0] !== undefined) {
    return invalid(`AUTHORITY_CHANGES: ${refused[0].refusal.why}`, 'set it to what `baton authority sign` wrote')
  }
  if (!trust.authorityKeys.includes(authority.value.publicKey)) {
    return invalid(
      `neither genesis nor enough of its owners list the public key of AUTHORITY_KEY (${authority.value.publicKey})`,
      'use the authority key that was made together with this genesis, or set AUTHORITY_CHANGES to what the owners signed',
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
    notices: verified.map(({ notice }) => notice),
    trust,
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
