/** Signing with the node's key, at once: a vote is signed in the turn in which it is released (GU2). */
import { KeyObject, sign } from 'node:crypto'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Signer } from '@baton/shared/ports/signing'

export function nodeSigner({ privateKey, publicKey }: KeyPair): Signer {
  const key = KeyObject.from(privateKey)
  return {
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, key)),
  }
}
