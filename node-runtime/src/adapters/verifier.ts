/**
 * Ed25519 verification: single votes on this thread, transactions in bulk on libuv's threads (GU4). A verification takes
 * about 0.13 ms; handing one over costs the event loop about 0.01 ms.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { fromBase64Url } from '@baton/shared/crypto/bytes'
import { pointProblem, signatureProblem } from '@baton/shared/crypto/strict-ed25519'
import type { PublicKey } from '@baton/shared/ids'
import type { SignedMessage, Verifier } from '@baton/shared/ports/signing'

/** Keys kept parsed; parsing one costs half a verification. */
const CACHED_KEYS = 4_096
/** Handed over at a time: keeps libuv's four threads busy, and leaves them to others soon. */
const IN_FLIGHT = 16

interface Job {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly key: KeyObject
  readonly done: (valid: boolean) => void
}

export function ed25519Verifier(): Verifier {
  const keys = new Map<PublicKey, KeyObject | null>()
  const waiting: Job[] = []
  let inFlight = 0

  function keyOf(publicKey: PublicKey): KeyObject | null {
    const known = keys.get(publicKey)
    if (known !== undefined) return known
    const key = parseKey(publicKey)
    if (keys.size >= CACHED_KEYS) keys.delete(keys.keys().next().value!)
    keys.set(publicKey, key)
    return key
  }

  /** The key, when ID6 lets key and signature reach the native verify. */
  function admissible(signed: SignedMessage): KeyObject | null {
    return signatureProblem(signed.signature) === null ? keyOf(signed.key) : null
  }

  function pump(): void {
    while (inFlight < IN_FLIGHT) {
      const job = waiting.shift()
      if (job === undefined) return
      inFlight++
      verify(null, job.message, job.key, job.signature, (error, valid) => {
        inFlight--
        job.done(error === null && valid)
        pump()
      })
    }
  }

  return {
    verify(signed) {
      const key = admissible(signed)
      return key !== null && verify(null, signed.message, key, signed.signature)
    },
    async verifyAll(all) {
      const answers = all.map((signed) => {
        const key = admissible(signed)
        if (key === null) return false
        const { message, signature } = signed
        return new Promise<boolean>((done) => waiting.push({ message, signature, key, done }))
      })
      pump()
      return Promise.all(answers)
    },
  }
}

/** Null for what ID6 refuses and for points that are not on the curve. */
function parseKey(publicKey: PublicKey): KeyObject | null {
  const point = fromBase64Url(publicKey)
  if (point === null || pointProblem(point) !== null) return null
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  } catch {
    return null
  }
}
