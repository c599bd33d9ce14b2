/** The way in: a socket comes, is challenged, proves who it is, and becomes a session (ID5). */

import type { ErrorCode } from '@baton/shared/errors'
import type { GenesisCluster } from '@baton/shared/genesis'
import type { UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { CONTROL_PROTOCOL, type ToAuthority } from '@baton/shared/protocol/control'
import type { Backstop } from '../../adapters/backstop.ts'
import type { Config } from '../../env.ts'
import type { Decider } from './decider.ts'
import type { DirectoryLink } from './directory-link.ts'
import { acceptHello } from './handshake.ts'
import type { Outbox } from './outbox.ts'
import { type Attachment, attachmentOf, CLOSE, type Sockets } from './sockets.ts'

export interface EntranceParts {
  readonly config: Config
  readonly cluster: GenesisCluster
  readonly clock: Clock
  readonly sockets: Sockets
  readonly backstop: Backstop
  readonly decider: Decider
  readonly directory: DirectoryLink
  readonly outbox: Outbox
}

export class Entrance {
  readonly #parts: EntranceParts

  constructor(parts: EntranceParts) {
    this.#parts = parts
  }

  /** A socket has come: it gets a challenge. */
  challenge(socket: WebSocket): void {
    const { clock, sockets, backstop } = this.#parts
    const id = crypto.randomUUID()
    const challenge = crypto.randomUUID()
    const expiresAt = (clock.wallNow() + LIMITS.challengeMs) as UnixMs
    sockets.accept(socket, { phase: 'challenged', id, challenge, expiresAt })
    sockets.send(id, { t: 'challenge', challenge, protocol: CONTROL_PROTOCOL })
    backstop.wakeAt(expiresAt)
  }

  /** The first frame of a socket: a session, or the end of it. */
  async greet(socket: WebSocket, attachment: Attachment, message: ToAuthority): Promise<void> {
    if (attachment.phase !== 'challenged' || message.t !== 'hello') {
      return this.refuse(socket, 'CHALLENGE_INVALID', 'the first frame must be the answer to the challenge')
    }
    const { config, cluster, clock, decider, directory } = this.#parts
    const { id, challenge, expiresAt } = attachment
    // Used up before anything is awaited: an answer counts once.
    keep(socket, { phase: 'proving', id, expiresAt })
    const greeted = await acceptHello(config.genesis, cluster.cluster, message, attachment, clock.wallNow())
    if (!greeted.ok) return this.refuse(socket, greeted.code, greeted.why)
    const masters = await directory.table(config.genesis.network, config.authority)
    if (!this.#parts.sockets.has(socket)) return
    const { member, protocol } = greeted.value
    const { node } = member
    const taken = decider.take({ i: 'memberSeen', member, nonce: challenge }, { i: 'sessionOpened', node, session: id })
    if (taken.rejected !== undefined) return this.refuse(socket, taken.rejected.code, taken.rejected.why)
    keep(socket, { phase: 'open', id, node, openedAt: clock.wallNow(), protocol, shown: false })
    const graceMs = Math.max(0, cluster.policy.startupGraceMs - (clock.now() - decider.state.hearing.startedAt))
    await this.#parts.outbox.deliver(taken, (state) =>
      this.#parts.sockets.welcome(id, { t: 'welcome', state, masters, graceMs }),
    )
  }

  refuse(socket: WebSocket, code: ErrorCode, why: string): void {
    this.#parts.sockets.send(attachmentOf(socket).id, { t: 'refused', code, why })
    this.#parts.sockets.closeSocket(socket, CLOSE.refused, code)
  }
}

export function keep(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment)
}
