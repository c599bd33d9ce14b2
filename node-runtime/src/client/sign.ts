/** Builds signed transactions: what a client does before it submits. */
import { randomBytes } from 'node:crypto'
import { encodeTransaction, joinSignature } from '@baton/shared/codec/transaction'
import type { Action } from '@baton/shared/core/ledger/types'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Hash, NetworkId, PublicKey } from '@baton/shared/ids'

/** Who signs, and for which network. */
export interface Signer {
  readonly network: NetworkId
  readonly pair: KeyPair
}

/** `bytes` is what `BatonClient.submit` takes; `id` is known before anything is sent. */
export interface ReadyTransaction {
  readonly id: Hash
  readonly bytes: Uint8Array
}

/** @param nonce equal nonces make equal transactions, which execute once; default: random */
export async function signAction(
  signer: Signer,
  action: Action,
  nonce: string = freshNonce(),
): Promise<ReadyTransaction> {
  const { network, pair } = signer
  const signed = encodeTransaction({ network, sender: pair.publicKey, nonce, action })
  const signature = await signEd25519(pair.privateKey, signed)
  return { id: sha256(signed), bytes: joinSignature(signed, signature) }
}

/** Writes a record. @param ifVersion refuse unless the record has this version; 0: must not exist */
export function signPut(
  signer: Signer,
  put: { readonly key: string; readonly value: string; readonly ifVersion?: number },
  nonce?: string,
): Promise<ReadyTransaction> {
  return signAction(signer, { kind: 'put', ...put }, nonce)
}

/** Moves an amount from the signer's account. @param sequence the next number of the signer's account */
export function signTransfer(
  signer: Signer,
  transfer: { readonly to: PublicKey; readonly amount: number; readonly sequence: number },
  nonce?: string,
): Promise<ReadyTransaction> {
  return signAction(signer, { kind: 'transfer', ...transfer }, nonce)
}

/** Credits an account out of nothing; the signer must be a minter: an owner key of genesis, or the key that took its place. */
export function signMint(
  signer: Signer,
  mint: { readonly to: PublicKey; readonly amount: number },
  nonce?: string,
): Promise<ReadyTransaction> {
  return signAction(signer, { kind: 'mint', ...mint }, nonce)
}

/** Names the key that mints in the signer's place from then on; the signer must be a minter. */
export function signReplaceMinter(signer: Signer, to: PublicKey, nonce?: string): Promise<ReadyTransaction> {
  return signAction(signer, { kind: 'replace-minter', to }, nonce)
}

function freshNonce(): string {
  return randomBytes(12).toString('base64url')
}
