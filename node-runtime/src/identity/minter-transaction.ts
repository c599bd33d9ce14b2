/**
 * The transaction by which an owner's new key mints in the place of the one before (LE13), as a line that `baton submit` takes. It is signed where
 * the owner's key is, and submitted from anywhere.
 */
import { encodeTransaction, joinSignature } from '@baton/shared/codec/transaction'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { verifyEd25519 } from '@baton/shared/crypto/ed25519'
import type { OwnerRotation } from '@baton/shared/crypto/statement-types'
import type { SignBytes } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'

/**
 * Of one rotation always the same transaction: however often it is made and submitted, it executes once.
 * @throws BatonError IDENTITY_INVALID when it is not the key that goes that signs
 */
export async function minterLine(rotation: OwnerRotation, sign: SignBytes): Promise<string> {
  const { network, cluster, sequence, from, to } = rotation
  const nonce = `owner key ${sequence} of ${cluster}`
  const signed = encodeTransaction({ network, sender: from, nonce, action: { kind: 'replace-minter', to } })
  const signature = await sign(signed)
  if (!(await verifyEd25519(from, signed, signature))) {
    throw new BatonError('IDENTITY_INVALID', `the key that mints is ${from}, and another one has signed`, {
      remedy: `sign with the key whose public part is ${from}`,
    })
  }
  return `${JSON.stringify({ signed: toBase64Url(joinSignature(signed, signature)) })}\n`
}
