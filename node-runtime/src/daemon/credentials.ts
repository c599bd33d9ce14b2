/** Verifies credentials, and remembers what it has verified: the same grants arrive from many sides (NW2). */

import type { VerifiedGrant } from '@baton/shared/core/node/io'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyCertificate } from '@baton/shared/crypto/certificate-chain'
import { peekGrant, verifyCredential } from '@baton/shared/crypto/credential'
import type { Credential, NodeCertificate } from '@baton/shared/crypto/statement-types'
import { type Result, success } from '@baton/shared/result'

/** Grants kept; a network has one per switch. */
const REMEMBERED = 1_024

export class Credentials {
  readonly #genesis: Trust
  readonly #verified = new Map<string, VerifiedGrant>()
  /** A switch brings a new grant and, mostly, a certificate that was seen before: half the work at the moment that counts. */
  readonly #certificates = new Map<string, NodeCertificate>()

  constructor(genesis: Trust) {
    this.#genesis = genesis
  }

  /** At once, when it was verified before. */
  known(credential: Credential): VerifiedGrant | undefined {
    return this.#verified.get(keyOf(credential))
  }

  async verify(credential: Credential): Promise<Result<VerifiedGrant>> {
    const known = this.known(credential)
    if (known !== undefined) return success(known)
    const mastership = await verifyCredential(this.#genesis, credential, (jws) => this.certificate(jws))
    if (!mastership.ok) return mastership
    const read = peekGrant(credential.grant)
    if (!read.ok) return read
    const verified: VerifiedGrant = { mastership: mastership.value, grant: read.value }
    if (this.#verified.size >= REMEMBERED) this.#verified.clear()
    this.#verified.set(keyOf(credential), verified)
    return success(verified)
  }

  /** A certificate alone. */
  async certificate(jws: string): Promise<Result<NodeCertificate>> {
    const known = this.#certificates.get(jws)
    if (known !== undefined) return success(known)
    const verified = await verifyCertificate(this.#genesis, jws)
    if (!verified.ok) return verified
    if (this.#certificates.size >= REMEMBERED) this.#certificates.clear()
    this.#certificates.set(jws, verified.value)
    return verified
  }

  /** All of them, in order, or the first failure. */
  async verifyAll(credentials: readonly Credential[]): Promise<Result<readonly VerifiedGrant[]>> {
    const verified: VerifiedGrant[] = []
    for (const credential of credentials) {
      const one = await this.verify(credential)
      if (!one.ok) return one
      verified.push(one.value)
    }
    return success(verified)
  }
}

function keyOf(credential: Credential): string {
  return `${credential.grant}~${credential.certificate}`
}
