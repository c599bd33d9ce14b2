/** The demo's clients: keys made at the start, each signing the transactions of some of the records. */
import { createHash } from 'node:crypto'
import type { Action } from '@baton/shared/core/ledger/types'
import { generateKeyPair, type KeyPair } from '@baton/shared/crypto/keys'
import type { NetworkId } from '@baton/shared/ids'
import type { BatonClient } from '../client/baton-client.ts'
import { signAction } from '../client/sign.ts'
import { orderingKey } from './input.ts'
import type { Submit } from './load.ts'

const PARTICIPANTS = 8

/** Signs once and lets the client send the same bytes until they are acknowledged: a retry executes nothing twice. */
export async function participants(network: NetworkId, client: BatonClient): Promise<Submit> {
  const pairs = await Promise.all(Array.from({ length: PARTICIPANTS }, generateKeyPair))
  return async (action) => {
    const { bytes } = await signAction({ network, pair: participantOf(action, pairs) }, action)
    return (await client.submit(bytes)).receipt
  }
}

function participantOf(action: Action, pairs: readonly KeyPair[]): KeyPair {
  const digest = createHash('sha256').update(orderingKey(action)).digest()
  return pairs[digest[0]! % pairs.length]!
}
