/** The way in: a socket comes, is challenged, proves who it is, and becomes a session (ID5). */

import { peekCertificate } from '@baton/shared/crypto/certificate-chain'
import type { ErrorCode } from '@baton/shared/errors'
import type { GenesisCluster } from '@baton/shared/genesis'
import type { Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { CONTROL_PROTOCOL, NOTICES_SINCE, noticeFrames, type ToAuthority } from '@baton/shared/protocol/control'
import type { Backstop } from '../../adapters/backstop.ts'
import type { Config } from '../../env.ts'
import type { AdmissionParts } from './admission.ts'
import type { Attempts } from './attempts.ts'
import type { DirectoryLink } from './directory-link.ts'
import type { Enrolment } from './enrolment.ts'
import { acceptHello } from './handshake.ts'
import type { Outbox } from './outbox.ts'
import type { Registrar } from './registrar.ts'
import { type Attachment, attachmentOf, CLOSE, type Sockets } from './sockets.ts'

export interface EntranceParts {
  readonly config: Config
  readonly cluster: GenesisCluster
  readonly clock: Clock
  readonly sockets: Sockets
  readonly backstop: Backstop
  readonly decider: Registrar
  readonly directory: DirectoryLink
  readonly outbox: Outbox
  readonly admission: AdmissionParts
  readonly enrolment: Enrolment
  readonly attempts: Attempts
  /** Sent right after the welcome. */
  readonly notices: () => readonly Jws[]
}

export class Entrance {
  readonly #parts: EntranceParts

  constructor(parts: EntranceParts) {
    this.#parts = parts
  }

  /** A socket has come from this address: it gets a challenge. */
  challenge(socket: WebSocket, source: string): void {
    const { clock, sockets, backstop } = this.#parts
    const id = crypto.randomUUID()
    const challenge = crypto.randomUUID()
    const expiresAt = (clock.wallNow() + LIMITS.challengeMs) as UnixMs
    sockets.accept(socket, { phase: 'challenged', id, source, challenge, expiresAt })
    sockets.send(id, { t: 'challenge', challenge, protocol: CONTROL_PROTOCOL })
    backstop.wakeAt(expiresAt)
  }

  /** The first frame of a socket: a session, or the end of it. */
  async greet(socket: WebSocket, attachment: Attachment, message: ToAuthority): Promise<void> {
    if (attachment.phase !== 'challenged' || message.t !== 'hello') {
      return this.refuse(socket, 'CHALLENGE_INVALID', 'the first frame must be the answer to the challenge')
    }
    const { config, cluster, clock, decider, directory, admission, enrolment } = this.#parts
    const { id, source, challenge, expiresAt } = attachment
    // Used up before anything is awaited: an answer counts once.
    keep(socket, { phase: 'proving', id, source, expiresAt })
    const who = claimedNode(message.certificate)
    const greeted = await acceptHello(admission, message, attachment, clock.wallNow())
    if (!greeted.ok) return this.refuse(socket, greeted.code, greeted.why, who)
    const masters = await directory.table(config.genesis.network, config.authority)
    if (!this.#parts.sockets.has(socket)) return
    const { member, chain, protocol } = greeted.value
    const enrolled = enrolment.enrol(chain, decider.state.registry)
    if (!enrolled.ok) return this.refuse(socket, enrolled.code, enrolled.why, who)
    const { node } = member
    const taken = decider.take({ i: 'memberSeen', member, nonce: challenge }, { i: 'sessionOpened', node, session: id })
    if (taken.rejected !== undefined) return this.refuse(socket, taken.rejected.code, taken.rejected.why, who)
    keep(socket, { phase: 'open', id, node, openedAt: clock.wallNow(), protocol, shown: false })
    const graceMs = Math.max(0, cluster.policy.startupGraceMs - (clock.now() - decider.state.hearing.startedAt))
    await this.#parts.outbox.deliver(taken, (state) => {
      this.#parts.sockets.welcome(id, { t: 'welcome', state, masters, graceMs })
      if (protocol < NOTICES_SINCE) return
      for (const notices of noticeFrames(this.#parts.notices())) this.#parts.sockets.send(id, notices)
    })
  }

  /** Told, recorded, and closed. `who`: the node that it claims to be. */
  refuse(socket: WebSocket, code: ErrorCode, why: string, who = 'unknown'): void {
    const attachment = attachmentOf(socket)
    const source = attachment.phase === 'open' ? attachment.node : attachment.source
    const event = { event: 'session-refused', who, why, code, evidence: null } as const
    const refused = this.#parts.attempts.refused(source, event)
    this.#parts.sockets.send(attachment.id, { t: 'refused', code: refused.code, why: refused.why })
    this.#parts.sockets.closeSocket(socket, CLOSE.refused, refused.code)
  }
}

/** Not verified: for the log. */
function claimedNode(certificate: string): string {
  const read = peekCertificate(certificate)
  return read.ok ? read.value.node : 'unknown'
}

export function keep(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment)
}
