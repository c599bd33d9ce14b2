/**
 * ID8: keeps the node's certificate alive. At two thirds of its life the node asks the authority to countersign a renewal, again and
 * again until it does; from 30 days before the end an alert stands. Nothing of a running node stops at the expiry: it gates joining,
 * sessions and grants, never votes.
 */

import type { Trust } from '@baton/shared/crypto/authority-keys'
import { type CertificateChain, verifyChain } from '@baton/shared/crypto/certificate-chain'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Log } from '@baton/shared/ports/log'

export interface CertificateWatchPorts {
  readonly genesis: Trust
  readonly keys: KeyPair
  readonly wallNow: () => UnixMs
  readonly renew: (cluster: ClusterId, renewal: Jws) => Promise<Jws>
  /** On disk, and shown from now on. */
  readonly install: (certificate: Jws) => Promise<void>
  readonly log: Log
}

/** How often is looked, and asked again; a certificate that lives for minutes is looked at more often. */
const LOOK_MS = 3_600_000
const LOOKS_PER_LIFE = 30

export class CertificateWatch {
  readonly #ports: CertificateWatchPorts
  #chain: CertificateChain
  /** As it is shown. */
  #shown: Jws
  #timer: NodeJS.Timeout | undefined
  #busy = false

  private constructor(ports: CertificateWatchPorts, chain: CertificateChain, shown: Jws) {
    this.#ports = ports
    this.#chain = chain
    this.#shown = shown
  }

  /** @throws BatonError IDENTITY_INVALID when the certificate does not verify */
  static async of(ports: CertificateWatchPorts, certificate: Jws): Promise<CertificateWatch> {
    const chain = await verifyChain(ports.genesis, certificate)
    if (!chain.ok) throw new BatonError('IDENTITY_INVALID', chain.why)
    return new CertificateWatch(ports, chain.value, certificate)
  }

  start(): void {
    const lookMs = Math.max(1_000, Math.min(LOOK_MS, lifeOf(this.#chain) / LOOKS_PER_LIFE))
    this.#timer = setInterval(() => void this.look(), lookMs)
    this.#timer.unref()
    void this.look()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  get expiresAt(): UnixMs {
    return this.#chain.certificate.expiresAt
  }

  /** Why an alert stands, or null. */
  alert(): string | null {
    const left = this.expiresAt - this.#ports.wallNow()
    if (left > Math.min(LIMITS.expiryAlertMs, lifeOf(this.#chain) / 3)) return null
    const at = new Date(this.expiresAt).toISOString()
    if (this.#chain.ownerKeyEnds === this.expiresAt) {
      return `the owner key that signed the certificate of this node was replaced, and counts until ${at}`
    }
    return left > 0 ? `the certificate of this node expires at ${at}` : `the certificate of this node expired at ${at}`
  }

  /** Renews when it is time. Never rejects: what did not work is logged, and tried again. */
  async look(): Promise<void> {
    const { log, wallNow, genesis } = this.#ports
    // Its owner may have replaced the key that signed it since (ID1).
    const chain = await verifyChain(genesis, this.#shown)
    if (chain.ok) this.#chain = chain.value
    const due = renewalDue(this.#chain, wallNow())
    if (due !== null && !this.#busy) {
      this.#busy = true
      try {
        await this.#renew(due)
      } catch (error) {
        const code = error instanceof BatonError ? error.code : 'INTERNAL'
        log.warn({ event: 'renewal-failed', code }, `the certificate was not renewed: ${(error as Error).message}`)
      } finally {
        this.#busy = false
      }
    }
  }

  async #renew(expiresAt: UnixMs): Promise<void> {
    const { genesis, keys, wallNow, renew, install, log } = this.#ports
    const { certificate, base } = this.#chain
    const { network, cluster, node } = certificate
    const payload = { network, cluster, node, certificate: base, issuedAt: wallNow(), expiresAt }
    const renewed = await renew(cluster, await signStatement('renewal', payload, keys.privateKey))
    const chain = await verifyChain(genesis, renewed)
    if (!chain.ok) throw new BatonError(chain.code, chain.why)
    if (chain.value.base !== base || chain.value.certificate.expiresAt !== expiresAt) {
      throw new BatonError('STATEMENT_INVALID', 'the authority countersigned something else than was asked for')
    }
    await install(renewed)
    this.#chain = chain.value
    this.#shown = renewed
    const at = new Date(expiresAt).toISOString()
    log.info({ event: 'certificate-renewed', expiresAt }, `the certificate of this node is renewed until ${at}`)
  }
}

/** Until when to renew now; null: not yet, or no further. */
export function renewalDue(chain: CertificateChain, now: UnixMs): UnixMs | null {
  const { certificate, renewUntil } = chain
  const life = lifeOf(chain)
  if (renewUntil === null || now < certificate.expiresAt - life / 3) return null
  const expiresAt = Math.min(now + Math.min(life, LIMITS.certificateMs), renewUntil)
  return expiresAt > certificate.expiresAt ? (Math.floor(expiresAt) as UnixMs) : null
}

/** As the owner meant it: of the certificate that was signed first. */
function lifeOf({ certificate, firstExpiresAt }: CertificateChain): number {
  return Math.max(1, firstExpiresAt - certificate.issuedAt)
}
