/** What nodes ask at the door, over HTTP and signed: to join (ID3), and to have their certificate extended (ID8). */

import { renewalProblem } from '@baton/shared/crypto/certificate-chain'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { peekStatement, signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { type Failure, failure, type Result, success } from '@baton/shared/result'
import type { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { JoinAnswer, RenewalAnswer } from '../authority-api.ts'
import { type AdmissionParts, acceptCertificate } from './admission.ts'
import type { Attempts } from './attempts.ts'
import type { Enrolment } from './enrolment.ts'
import type { IdentityEvent } from './identity-events.ts'

export interface DoorParts {
  readonly sql: Sql
  readonly events: EventLog
  readonly clock: Clock
  readonly authority: KeyPair
  readonly admission: AdmissionParts
  readonly enrolment: Enrolment
  readonly attempts: Attempts
  /** The registry learns what it is measured by (ID8). */
  readonly onRenewed: (node: NodeId, certificate: Jws, expiresAt: UnixMs) => void
}

export class Door {
  readonly #parts: DoorParts

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  /** A use of the token, once for each node and key. */
  async join(request: Jws, source: string): Promise<Result<JoinAnswer>> {
    const joined = await this.#join(request)
    return joined.ok ? joined : this.#refused('join-refused', request, source, joined)
  }

  /** The renewal with the authority's word beside the node's. */
  async renew(request: Jws, source: string): Promise<Result<RenewalAnswer>> {
    const renewed = await this.#renew(request)
    return renewed.ok ? renewed : this.#refused('renewal-refused', request, source, renewed)
  }

  async #join(request: Jws): Promise<Result<JoinAnswer>> {
    const { admission, enrolment, clock } = this.#parts
    const read = peekStatement('joinRequest', request)
    if (!read.ok) return read
    const chain = await acceptCertificate(admission, read.payload.certificate, clock.wallNow())
    if (!chain.ok) return chain
    const { network, cluster, node, key } = chain.value.certificate
    const verified = await verifyStatement('joinRequest', request, [key])
    if (!verified.ok) return failure('STATEMENT_INVALID', `the request is not signed by the node key: ${verified.why}`)
    const said = verified.payload
    if (said.network !== network || said.cluster !== cluster || said.node !== node) {
      return failure('STATEMENT_INVALID', 'the request names another node than its certificate')
    }
    const enrolled = enrolment.enrol(chain.value, admission.registry())
    return enrolled.ok ? success({ cluster, node, usesLeft: enrolled.value.usesLeft }) : enrolled
  }

  async #renew(request: Jws): Promise<Result<RenewalAnswer>> {
    const { admission, enrolment, clock, sql, events, authority } = this.#parts
    const now = clock.wallNow()
    const read = peekStatement('renewal', request)
    if (!read.ok) return read
    const { certificate: base, expiresAt, node, issuedAt } = read.payload
    // By its own renewal, for the certificate may have expired since: then only its owner helps.
    const current = this.#recordedCertificate(node) ?? base
    const chain = await acceptCertificate(admission, current, now)
    if (!chain.ok) return chain
    if (chain.value.base !== base) return failure('RENEWAL_REFUSED', `${node} has another certificate here`)
    const { network, cluster, key } = chain.value.certificate
    const verified = await verifyStatement('renewal', request, [key])
    if (!verified.ok) return failure('STATEMENT_INVALID', `the renewal is not signed by the node key: ${verified.why}`)
    if (read.payload.network !== network || read.payload.cluster !== cluster) {
      return failure('STATEMENT_INVALID', 'the renewal names another cluster than its certificate')
    }
    if (!enrolment.has(chain.value)) return failure('UNKNOWN_NODE', `${node} has never joined`)
    // A node whose clock is wrong must not carry its certificate into another decade.
    if (Math.abs(issuedAt - now) > LIMITS.requestSkewMs) {
      return failure('RENEWAL_REFUSED', `the clock of ${node} is ${Math.abs(issuedAt - now)} ms away from this one`)
    }
    const problem = renewalProblem(chain.value, read.payload)
    if (problem !== null) return failure('RENEWAL_REFUSED', problem)
    const certificate = await signStatement(
      'renewedCertificate',
      { network, cluster, node, renewal: request, issuedAt: now },
      authority.privateKey,
    )
    const why = `until ${new Date(expiresAt).toISOString()}`
    const event: IdentityEvent = {
      event: 'certificate-renewed',
      who: node,
      why,
      code: null,
      evidence: { key, expiresAt },
    }
    sql.transaction(() => events.append(now, event))
    this.#parts.onRenewed(node, certificate, expiresAt)
    return success({ certificate })
  }

  /** What the member showed last. */
  #recordedCertificate(node: string): Jws | null {
    const registry = this.#parts.admission.registry()
    if (registry.status === 'absent') return null
    return [...registry.members.values()].find((member) => member.node === node)?.certificate ?? null
  }

  #refused(event: IdentityEvent['event'], request: Jws, source: string, { code, why }: Failure): Failure {
    const read = peekStatement(event === 'join-refused' ? 'joinRequest' : 'renewal', request)
    const who = read.ok ? read.payload.node : 'unknown'
    return this.#parts.attempts.refused(source, { event, who, why, code, evidence: null })
  }
}
