/** What follows from owners' notices at their cluster's authority: nobody is elected under a revoked key, nor keeps a session (ID8). */
import type { Jws } from '@baton/shared/ids'
import { NOTICES_SINCE, noticeFrames } from '@baton/shared/protocol/control'
import type { Decider, Taken } from './decider.ts'
import type { DirectoryLink } from './directory-link.ts'
import type { Notices } from './notices.ts'
import { CLOSE, type Sockets } from './sockets.ts'

export interface RevokerParts {
  readonly notices: Notices
  readonly sockets: Sockets
  readonly directory: DirectoryLink
  readonly decider: Decider
  readonly settle: (taken: Taken) => void
}

export class Revoker {
  readonly #parts: RevokerParts

  constructor(parts: RevokerParts) {
    this.#parts = parts
  }

  /** Stored, told to the sessions, and acted on. Returns what was new. */
  async take(statements: readonly Jws[]): Promise<readonly Jws[]> {
    const { notices, sockets } = this.#parts
    const taken = await notices.take(statements)
    for (const frame of noticeFrames(taken)) sockets.broadcast(frame, NOTICES_SINCE)
    if (taken.length > 0) this.enforce()
    return taken
  }

  /** From a node that knows more than this registry, which may have been restored from an old copy (RG8). */
  async learn(statements: readonly Jws[]): Promise<void> {
    const taken = await this.take(statements)
    // The directory may be slow, and what the node says next is to be heard after these notices only.
    void this.#tellDirectory(taken)
  }

  async #tellDirectory(statements: readonly Jws[]): Promise<void> {
    for (const statement of statements) await this.#parts.directory.notice(statement)
  }

  /** What the directory has. */
  async poll(): Promise<void> {
    const statements = await this.#parts.directory.notices()
    if (statements !== null) await this.take(statements)
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
