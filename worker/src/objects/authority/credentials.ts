/** Signs the recorded grant and sync set: after the write, and the same every time, for Ed25519 is deterministic. */
import type { FoundedRegistry } from '@baton/shared/core/registry/types'
import { grantOf, recordedSyncSet, viewOf } from '@baton/shared/core/registry/view'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { Mirror } from './mirror.ts'

export class Credentials {
  readonly #authority: KeyPair
  readonly #mirror: Pick<Mirror, 'credential'> | null
  #latest: { readonly nonce: string; readonly epoch: number; readonly credential: Credential } | undefined

  #recorded: { readonly registry: FoundedRegistry; readonly statement: Jws | null } | undefined

  /** @param mirror where the members are the arbiter: their signatures stand for this key's (MJ1) */
  constructor(authority: KeyPair, mirror: Pick<Mirror, 'credential'> | null) {
    this.#authority = authority
    this.#mirror = mirror
  }

  async of(registry: FoundedRegistry): Promise<Credential> {
    if (this.#mirror !== null) return this.#mirror.credential(registry)
    const { lastGrant } = registry
    if (this.#latest?.epoch === lastGrant.epoch && this.#latest.nonce === lastGrant.nonce)
      return this.#latest.credential
    const grant = await signStatement('grant', grantOf(registry, lastGrant), this.#authority.privateKey)
    const credential = { grant, certificate: lastGrant.certificate }
    this.#latest = { nonce: lastGrant.nonce, epoch: lastGrant.epoch, credential }
    return credential
  }

  async view(registry: FoundedRegistry): Promise<RegistryView> {
    return { ...viewOf(registry, await this.of(registry)), recorded: await this.#syncSet(registry) }
  }

  /** RG4: for peers to pass on. A registry is a value: the same one says the same. */
  async #syncSet(registry: FoundedRegistry): Promise<Jws | null> {
    if (this.#recorded?.registry === registry) return this.#recorded.statement
    // Nothing is recorded here of what members have decided.
    const recorded = this.#mirror === null ? recordedSyncSet(registry) : null
    const statement = recorded === null ? null : await signStatement('syncSet', recorded, this.#authority.privateKey)
    this.#recorded = { registry, statement }
    return statement
  }
}
