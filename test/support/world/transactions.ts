/** What the clients of a world submit. Transactions are not signed: the world's driver vouches for them. */
import { decodeSigned, encodeTransaction, joinSignature } from '@baton/shared/codec/transaction'
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { NetworkId, NodeId } from '@baton/shared/ids'
import { keyOf } from './statements.ts'

export function putTransaction(
  network: NetworkId,
  sender: NodeId,
  nonce: string,
  put: { readonly key: string; readonly value: string },
): SignedTransaction {
  const unsigned = encodeTransaction({ network, sender: keyOf(sender), nonce, action: { kind: 'put', ...put } })
  const decoded = decodeSigned(sha256, joinSignature(unsigned, new Uint8Array(64)))
  if (!decoded.ok) throw new Error(decoded.why)
  return decoded.value
}
