/** Signs the recorded grant: after the write, and the same every time, for Ed25519 is deterministic. */
import type { FoundedRegistry } from '@baton/shared/core/registry/types'
import { grantOf, viewOf } from '@baton/shared/core/registry/view'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { RegistryView } from '@baton/shared/protocol/control'

export class Credentials {
  readonly #authority: KeyPair
  #latest: { readonly nonce: string; readonly epoch: number; readonly credential: Credential } | undefined

  constructor(authority: KeyPair) {
    this.#authority = authority
  }

  async of(registry: FoundedRegistry): Promise<Credential> {
    const { lastGrant } = registry
    if (this.#latest?.epoch === lastGrant.epoch && this.#latest.nonce === lastGrant.nonce)
      return this.#latest.credential
    const grant = await signStatement('grant', grantOf(registry, lastGrant), this.#authority.privateKey)
    const credential = { grant, certificate: lastGrant.certificate }
    this.#latest = { nonce: lastGrant.nonce, epoch: lastGrant.epoch, credential }
    return credential
  }

  async view(registry: FoundedRegistry): Promise<RegistryView> {
    return viewOf(registry, await this.of(registry))
  }
}
