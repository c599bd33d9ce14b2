/** One cluster's authority, put together: sessions in, decisions, messages out. */

import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { ErrorCode } from '@baton/shared/errors'
import type { GenesisCluster } from '@baton/shared/genesis'
import type { Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import { CONTROL_PROTOCOL, type ToAuthority } from '@baton/shared/protocol/control'
import { parseToAuthority } from '@baton/shared/protocol/control-schemas'
import { failure } from '@baton/shared/result'
import type { Backstop } from '../../adapters/backstop.ts'
import { readEvents } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { Config } from '../../env.ts'
import type { ClusterStatus, RequestAnswer, StatementKindOverHttp } from '../authority-api.ts'
import type { DirectoryApi } from '../directory-api.ts'
import { Credentials } from './credentials.ts'
import { Decider, type Taken } from './decider.ts'
import { DirectoryLink } from './directory-link.ts'
import { acceptCertificate, acceptHello } from './handshake.ts'
import { Lanes } from './lanes.ts'
import { Outbox, replyOf } from './outbox.ts'
import { type Attachment, attachmentOf, CLOSE, type Sockets } from './sockets.ts'
import { claimInput, memberKeys, reshapeInput } from './statements.ts'
import { statusOf } from './status.ts'

const DIRECTORY_RETRY_MS = 1_000

export interface AuthorityParts {
  readonly config: Config
  readonly cluster: GenesisCluster
  readonly sql: Sql
  readonly clock: Clock
  readonly sockets: Sockets
  readonly backstop: Backstop
  readonly directory: DirectoryApi
}

type Open = Extract<Attachment, { phase: 'open' }>

export class Authority {
  readonly #parts: AuthorityParts
  readonly #decider: Decider
  readonly #credentials: Credentials
  readonly #outbox: Outbox
  readonly #directory: DirectoryLink
  readonly #lanes = new Lanes(LIMITS.controlQueueFrames)
  #requests = 0
  #lookedAt = 0

  constructor(parts: AuthorityParts) {
    this.#parts = parts
    this.#decider = new Decider(parts.sql, parts.clock)
    this.#credentials = new Credentials(parts.config.authority)
    this.#directory = new DirectoryLink(parts.sql, parts.directory, this.#credentials)
    this.#outbox = new Outbox(parts.sockets, this.#credentials, () => this.#settleDirectory())
    const { cluster, founder, policy } = parts.cluster
    const network = parts.config.genesis.network
    this.#decider.take({ i: 'create', network, cluster, founder, policy })
    const resumed = parts.sockets.resumed().map(({ node, id }) => ({ i: 'sessionOpened', node, session: id }) as const)
    this.#settle(this.#decider.take(...resumed))
  }

  /** A socket has come: it gets a challenge (ID5). */
  accept(socket: WebSocket): void {
    const now = this.#parts.clock.wallNow()
    const challenge = crypto.randomUUID()
    const expiresAt = (now + LIMITS.challengeMs) as UnixMs
    const id = crypto.randomUUID()
    this.#parts.sockets.accept(socket, { phase: 'challenged', id, challenge, expiresAt })
    this.#parts.sockets.send(id, { t: 'challenge', challenge, protocol: CONTROL_PROTOCOL })
    this.#parts.backstop.wakeAt(expiresAt)
  }

  /** Resolves when the frame has been dealt with. */
  async receive(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const done = this.#lanes.run(attachmentOf(socket).id, () => this.#frame(socket, frame))
    if (done === null) return this.closed(socket, CLOSE.overloaded, 'too many frames at once')
    await done
    if (this.#parts.clock.now() - this.#lookedAt >= DIRECTORY_RETRY_MS) this.deadlines()
  }

  /** The socket has closed or failed, or is given up. */
  closed(socket: WebSocket, code: number, reason: string): void {
    const attachment = attachmentOf(socket)
    this.#parts.sockets.closeSocket(socket, code, reason)
    if (attachment.phase !== 'open') return
    const { node, id } = attachment
    const closed = { i: 'sessionClosed', node, session: id } as const
    // The close may be what woke this object: then its socket was not among those to resume.
    const unseen = !this.#decider.state.hearing.sessions.has(node)
    this.#settle(this.#decider.take(...(unseen ? [{ ...closed, i: 'sessionOpened' } as const, closed] : [closed])))
  }

  /** Deadlines: looked at with the messages, and by the alarm. */
  deadlines(): void {
    this.#lookedAt = this.#parts.clock.now()
    const next = this.#parts.sockets.closeExpired(this.#parts.clock.wallNow())
    if (next !== null) this.#parts.backstop.wakeAt(next)
    this.#settle(this.#decider.take({ i: 'tick' }))
    this.#settleDirectory()
  }

  async request(kind: StatementKindOverHttp, statement: string, certificate: string): Promise<RequestAnswer> {
    const { config, cluster, clock } = this.#parts
    const certified = await acceptCertificate(config.genesis, cluster.cluster, certificate, clock.wallNow())
    if (!certified.ok) return { ...certified, retryAfterMs: null, state: null }
    const { node, key } = certified.value
    const members = memberKeys(this.#decider.state.registry)
    this.#requests += 1
    const from = { channel: `http-${this.#requests}`, request: this.#requests }
    const verify = kind === 'claim' ? claimInput : reshapeInput
    const input = await verify(statement as Jws, from, (of) => (of === node ? key : members(of)))
    if (!input.ok) return { ...input, retryAfterMs: null, state: null }
    const taken = this.#decider.take(input.value)
    const answer = this.#outbox.answerTo(from.channel)
    this.#settle(taken)
    return answer
  }

  async status(): Promise<ClusterStatus> {
    const { registry } = this.#decider.state
    const view = registry.status === 'founded' ? await this.#credentials.view(registry) : null
    return statusOf(this.#parts.cluster.cluster, this.#decider.state, view, this.#parts.clock.now())
  }

  events(after: number, limit: number): readonly ChainedEvent[] {
    return readEvents(this.#parts.sql, after, limit)
  }

  masters(version: number, table: Jws): void {
    if (this.#directory.take(version, table)) this.#parts.sockets.broadcast({ t: 'masters', table })
  }

  async #frame(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    if (!this.#parts.sockets.has(socket)) return
    const attachment = attachmentOf(socket)
    const parsed =
      typeof frame === 'string' ? parseToAuthority(frame) : failure('BAD_REQUEST', 'frames of this link are JSON text')
    if (attachment.phase !== 'open') {
      if (!parsed.ok) return this.#refuse(socket, parsed.code, parsed.why)
      return this.#greet(socket, attachment, parsed.value)
    }
    // What an admitted node says wrongly changes nothing, and does not cost it its session.
    if (!parsed.ok) {
      return this.#parts.sockets.send(attachment.id, { t: 'refused', code: parsed.code, why: parsed.why })
    }
    await this.#message(attachment, parsed.value)
  }

  async #greet(socket: WebSocket, attachment: Exclude<Attachment, Open>, message: ToAuthority): Promise<void> {
    if (attachment.phase !== 'challenged' || message.t !== 'hello') {
      return this.#refuse(socket, 'CHALLENGE_INVALID', 'the first frame must be the answer to the challenge')
    }
    const { id, expiresAt } = attachment
    // Used up before anything is awaited: an answer counts once.
    socket.serializeAttachment({ phase: 'proving', id, expiresAt } satisfies Attachment)
    const { config, cluster, clock } = this.#parts
    const member = await acceptHello(config.genesis, cluster.cluster, message, attachment, clock.wallNow())
    if (!member.ok) return this.#refuse(socket, member.code, member.why)
    const masters = await this.#directory.table(config.genesis.network, config.authority)
    if (socket.readyState !== WebSocket.OPEN) return
    const { node } = member.value
    const taken = this.#decider.take(
      { i: 'memberSeen', member: member.value, nonce: attachment.challenge },
      { i: 'sessionOpened', node, session: id },
    )
    socket.serializeAttachment({ phase: 'open', id, node, openedAt: clock.wallNow() } satisfies Attachment)
    const graceMs = Math.max(0, cluster.policy.startupGraceMs - (clock.now() - this.#decider.state.hearing.startedAt))
    await this.#outbox.deliver(taken, (state) =>
      this.#parts.sockets.welcome(id, { t: 'welcome', state, masters, graceMs }),
    )
  }

  #refuse(socket: WebSocket, code: ErrorCode, why: string): void {
    this.#parts.sockets.send(attachmentOf(socket).id, { t: 'refused', code, why })
    this.#parts.sockets.closeSocket(socket, CLOSE.refused, code)
  }

  async #message({ id, node }: Open, message: ToAuthority): Promise<void> {
    switch (message.t) {
      case 'hello':
        return this.#parts.sockets.send(id, { t: 'refused', code: 'PEER_UNEXPECTED', why: 'the session is open' })
      case 'report': {
        const { t: _, ...report } = message
        return this.#decide({ i: 'report', node, session: id, report })
      }
      case 'claim':
        return this.#statement(id, message.request, claimInput, message.claim)
      case 'reshape':
        return this.#statement(id, message.request, reshapeInput, message.reshape)
      case 'confirm':
        return this.#decide({
          i: 'confirm',
          from: { channel: id, request: message.request },
          node,
          token: message.token,
        })
      case 'results':
        return this.#directory.results(message.report)
      case 'getMasters':
        return this.#sendMasters(id)
    }
  }

  async #statement(id: string, request: number, verify: typeof claimInput, jws: Jws): Promise<void> {
    const { registry } = this.#decider.state
    const input = await verify(jws, { channel: id, request }, memberKeys(registry))
    if (input.ok) return this.#decide(input.value)
    const view = registry.status === 'founded' ? await this.#credentials.view(registry) : null
    this.#parts.sockets.send(id, replyOf(request, { ...input, retryAfterMs: null }, view))
  }

  /** NW2, the poll: what the directory has; and what it lacks is told to it once more. */
  async #sendMasters(id: string): Promise<void> {
    const { config, sockets } = this.#parts
    this.#settleDirectory()
    await this.#directory.poll()
    sockets.send(id, { t: 'masters', table: await this.#directory.table(config.genesis.network, config.authority) })
  }

  #decide(input: RegistryInput): void {
    this.#settle(this.#decider.take(input))
  }

  #settle(taken: Taken): void {
    if (taken.tickAfterMs !== null) this.#parts.backstop.wakeAt(this.#parts.clock.wallNow() + taken.tickAfterMs)
    if (taken.sends.length > 0) void this.#outbox.deliver(taken)
  }

  #settleDirectory(): void {
    const { registry } = this.#decider.state
    if (!this.#directory.owes(registry)) return
    // Were this life to end before the directory has answered, the alarm brings it back.
    this.#parts.backstop.wakeAt(this.#parts.clock.wallNow() + DIRECTORY_RETRY_MS)
    void this.#directory.tell(() => this.#decider.state.registry)
  }
}
