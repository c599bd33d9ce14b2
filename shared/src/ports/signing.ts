/** Raw Ed25519: votes, proposals and transactions. Statements are signed and verified in `crypto/statements.ts`. */
import type { PublicKey } from '../ids.ts'

export interface Signer {
  readonly publicKey: PublicKey
  /** 64 bytes, at once. */
  sign(message: Uint8Array): Uint8Array
}

export interface SignedMessage {
  readonly key: PublicKey
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** Strict by ID6; malformed keys and signatures are simply not valid. Never throws. */
export interface Verifier {
  /** At once, on this thread: for single votes. */
  verify(signed: SignedMessage): boolean
  /** Off the event loop (GU4); answers in the order asked. */
  verifyAll(signed: readonly SignedMessage[]): Promise<readonly boolean[]>
}
