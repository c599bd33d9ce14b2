/** What follows from owners' notices at their cluster's authority: nobody is elected under a revoked key, nor keeps a session (ID8). */
import type { Member } from '@baton/shared/core/registry/types'
import { verifyChain } from '@baton/shared/crypto/certificate-chain'
import { STATEMENT_TYPES } from '@baton/shared/crypto/statement-types'
import { typeOf } from '@baton/shared/crypto/statements'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import { NOTICES_SINCE, noticeFrames } from '@baton/shared/protocol/control'
import type { Taken } from './decider.ts'
import type { DirectoryLink } from './directory-link.ts'
import type { Notices, TakenNotices } from './notices.ts'
import type { Registrar } from './registrar.ts'
import { CLOSE, type Sockets } from './sockets.ts'

export interface RevokerParts {
  readonly notices: Notices
  readonly clock: Clock
  readonly sockets: Sockets
  readonly directory: DirectoryLink
  readonly decider: Registrar
  readonly settle: (taken: Taken) => void
}

export class Revoker {
  readonly #parts: RevokerParts

  constructor(parts: RevokerParts) {
    this.#parts = parts
  }

  /** Stored, told to the sessions, and acted on. `now`: as for `Notices.take`. */
  async take(statements: readonly Jws[], now: UnixMs | null): Promise<TakenNotices> {
    const { notices, sockets } = this.#parts
    const { taken, refused } = await notices.take(statements, now)
    for (const frame of noticeFrames(taken)) sockets.broadcast(frame, NOTICES_SINCE)
    if (taken.length > 0) this.enforce()
    if (taken.some((statement) => typeOf(statement) === STATEMENT_TYPES.recordedRotation)) await this.recertify()
    return { taken, refused }
  }

  /** From a node that knows more than this registry, which may have been restored from an old copy (RG8). Returns what does not verify. */
  async learn(statements: readonly Jws[]): Promise<TakenNotices['refused']> {
    const { taken, refused } = await this.take(statements, this.#parts.clock.wallNow())
    // The directory may be slow, and what the node says next is to be heard after these notices only.
    void this.#tellDirectory(taken)
    return refused
  }

  async #tellDirectory(statements: readonly Jws[]): Promise<void> {
    for (const statement of statements) await this.#parts.directory.notice(statement)
  }

  /** What the directory has. */
  async poll(): Promise<void> {
    const statements = await this.#parts.directory.notices()
    if (statements !== null) await this.take(statements, null)
  }

  /** ID1: what a replaced owner key has certified ends with it; the registry measures elections by that. Again at every start. */
  async recertify(): Promise<void> {
    const { notices, decider, settle } = this.#parts
    // No owner has replaced a key: what every start costs is nothing.
    if (notices.trust.ownerKeyEnds?.length === 0) return
    const membersOf = (): ReadonlyMap<NodeId, Member> =>
      decider.state.registry.status === 'founded' ? decider.state.registry.members : new Map()
    for (const { node, certificate } of [...membersOf().values()]) {
      const chain = await verifyChain(notices.trust, certificate)
      // It may have shown another one meanwhile.
      const member = membersOf().get(node)
      if (!chain.ok || member === undefined || member.certificate !== certificate) continue
      const { expiresAt } = chain.value.certificate
      if (member.expiresAt === expiresAt) continue
      settle(decider.take({ i: 'memberSeen', member: { ...member, expiresAt }, nonce: '' }))
    }
  }

  /** The same, when the poll of the table has said that the directory has more or fewer than this authority: a call less. */
  async catchUp(): Promise<void> {
    if (this.#parts.directory.noticesThere !== this.#parts.notices.count) await this.poll()
  }

  /** No election for what is revoked, and no session, but for a master until it has been switched away from (RG9). */
  enforce(): void {
    const { notices, decider, sockets, settle } = this.#parts
    const inputs = notices.inputsFor(decider.state.registry)
    if (inputs.length > 0) settle(decider.take(...inputs))
    const { registry, hearing } = decider.state
    if (registry.status === 'absent') return
    for (const { node, revoked } of registry.members.values()) {
      const session = hearing.sessions.get(node)
      if (revoked !== true || session?.state !== 'open') continue
      if (registry.status === 'founded' && registry.master === node) continue
      const why = `the key of ${node} is revoked`
      sockets.send(session.id, { t: 'refused', code: 'CERTIFICATE_REVOKED', why })
      sockets.close(session.id, CLOSE.refused, 'CERTIFICATE_REVOKED')
      settle(decider.take({ i: 'sessionClosed', node, session: session.id }))
    }
  }
}
