/**
 * `@baton/node/client`: talks to a Baton network from a program.
 *
 * ```ts
 * const genesis = readGenesis(await readFile('genesis.json', 'utf8'))
 * const client = new BatonClient({ urls: ['c1-n1.example.org:7101'], route: 'masters', genesis })
 * const { bytes } = await signPut({ network: genesis.network, pair: await loadKey('client.json') }, { key: 'a', value: 'b' })
 * const { height, receipt } = await client.submit(bytes)
 * ```
 */
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { parseGenesis } from '@baton/shared/genesis-schema'

export type { Action, Receipt } from '@baton/shared/core/ledger/types'
export { generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
export { BatonError, type ErrorCode } from '@baton/shared/errors'
export type { Genesis } from '@baton/shared/genesis'
export type { ClusterId, Hash, NetworkId, NodeId, PublicKey } from '@baton/shared/ids'
export type { Health, NodeStatus, QueryAnswer, Submitted } from '../api/node-service.ts'
export { loadKey } from '../cli/load-key.ts'
export { type BatchResult, BatonClient, type BatonClientOptions, type CallOptions } from './baton-client.ts'
export type { Route } from './choice.ts'
export type { KnownMaster } from './known-network.ts'
export type { ProvenTransaction } from './proof.ts'
export { type ReadyTransaction, type Signer, signAction, signMint, signPut, signTransfer } from './sign.ts'

/** The text of a genesis document. @throws BatonError GENESIS_INVALID */
export function readGenesis(text: string): Genesis {
  const parsed = parseGenesis(text)
  if (parsed.ok) return parsed.value
  throw new BatonError('GENESIS_INVALID', `the genesis document is not valid: ${parsed.why}`, {
    remedy: 'read genesis.json as `baton network init` wrote it',
  })
}
