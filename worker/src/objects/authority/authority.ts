/** One cluster's authority, put together: sessions in, decisions, messages out. */

import { unreachable } from '@baton/shared/assert'
import type { ForeignSilenceOf } from '@baton/shared/core/audit/types'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ToAuthority } from '@baton/shared/protocol/control'
import { parseToAuthority } from '@baton/shared/protocol/control-schemas'
import { type Failure, failure } from '@baton/shared/result'
import { readEvents } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { ClusterStatus, KnownNode, RequestAnswer, StatementKindOverHttp } from '../authority-api.ts'
import type { DirectoryApi } from '../directory-api.ts'
import type { AdmissionParts } from './admission.ts'
import { acceptCertificate } from './admission.ts'
import { Attempts } from './attempts.ts'
import { Credentials } from './credentials.ts'
import { Decider, type Taken } from './decider.ts'
import { DirectoryLink } from './directory-link.ts'
import { Door } from './door.ts'
import { Enrolment } from './enrolment.ts'
import { Entrance, type EntranceParts } from './entrance.ts'
import { knownNodes } from './known-nodes.ts'
import { Lanes } from './lanes.ts'
import { Notices } from './notices.ts'
import { Outbox, replyOf } from './outbox.ts'
import { type Attachment, attachmentOf, CLOSE } from './sockets.ts'
import { claimInput, memberKeys, reshapeInput } from './statements.ts'
import { statusOf } from './status.ts'

const DIRECTORY_RETRY_MS = 1_000

export interface AuthorityParts
  extends Omit<EntranceParts, 'decider' | 'directory' | 'outbox' | 'admission' | 'enrolment' | 'attempts' | 'notices'> {
  readonly sql: Sql
  readonly directory: DirectoryApi
}

type Open = Extract<Attachment, { phase: 'open' }>

export class Authority {
  readonly #parts: AuthorityParts
  readonly #decider: Decider
  readonly #credentials: Credentials
  readonly #outbox: Outbox
  readonly #directory: DirectoryLink
  readonly #entrance: Entrance
  readonly #admission: AdmissionParts
  readonly #enrolment: Enrolment
  readonly #attempts: Attempts
  readonly #notices: Notices
  readonly door: Door
  readonly #lanes = new Lanes(LIMITS.controlQueueFrames)
  #requests = 0
  #lookedAt = 0

  constructor(parts: AuthorityParts) {
    this.#parts = parts
    this.#decider = new Decider(parts.sql, parts.clock)
    this.#credentials = new Credentials(parts.config.authority)
    this.#directory = new DirectoryLink(parts.sql, parts.directory, this.#credentials)
    this.#outbox = new Outbox(parts.sockets, this.#credentials, () => this.#settleDirectory())
    const { sql, clock } = parts
    this.#notices = new Notices(sql, clock, parts.config.genesis)
    this.#enrolment = new Enrolment(sql, clock)
    this.#attempts = new Attempts(sql, clock)
    this.#admission = {
      genesis: parts.config.trust,
      cluster: parts.cluster.cluster,
      revocations: this.#notices.revocations,
      registry: () => this.#decider.state.registry,
    }
    const door = { admission: this.#admission, enrolment: this.#enrolment, attempts: this.#attempts }
    this.door = new Door({
      sql,
      clock,
      authority: parts.config.authority,
      ...door,
      onRenewed: (...renewed) => this.#renewed(...renewed),
    })
    this.#entrance = new Entrance({
      ...parts,
      ...door,
      decider: this.#decider,
      directory: this.#directory,
      outbox: this.#outbox,
      notices: () => this.#notices.frames(),
    })
    const { cluster, founder, policy } = parts.cluster
    const network = parts.config.genesis.network
    this.#decider.take({ i: 'create', network, cluster, founder, policy })
    const resumed = parts.sockets.resumed().map(({ node, id }) => ({ i: 'sessionOpened', node, session: id }) as const)
    this.#settle(this.#decider.take(...resumed))
    this.#revoke()
    void this.#pollNotices()
  }

  accept(socket: WebSocket, source: string): void {
    this.#entrance.challenge(socket, source)
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

  async request(
    kind: StatementKindOverHttp,
    statement: string,
    certificate: string,
    source: string,
  ): Promise<RequestAnswer> {
    const certified = await acceptCertificate(this.#admission, certificate, this.#parts.clock.wallNow())
    if (!certified.ok) return this.#requestRefused(certified, source)
    const { node, key } = certified.value.certificate
    if (!this.#enrolment.has(certified.value)) {
      return this.#requestRefused(failure('UNKNOWN_NODE', `${node} has never joined`), source)
    }
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

  /** What the directory, or a node, knows of notices: stored, told to the sessions, and acted on (ID8). */
  async notices(statements: readonly Jws[]): Promise<readonly Jws[]> {
    const taken = await this.#notices.take(statements)
    for (const frame of this.#notices.frames(taken)) this.#parts.sockets.broadcast(frame)
    if (taken.length > 0) this.#revoke()
    return taken
  }

  nodes(): readonly KnownNode[] {
    return knownNodes(this.#parts.cluster.cluster, this.#decider.state, this.#parts.clock.now())
  }

  async status(): Promise<ClusterStatus> {
    const { registry } = this.#decider.state
    const view = registry.status === 'founded' ? await this.#credentials.view(registry) : null
    return statusOf(this.#parts.cluster.cluster, this.#decider.state, view, this.#parts.clock.now())
  }

  events(after: number, limit: number): readonly ChainedEvent[] {
    return readEvents(this.#parts.sql, after, limit)
  }

  foreignSilence({ reporters, clusters, silentForMs }: ForeignSilenceOf): void {
    this.#decide({ i: 'foreignSilence', reporters, clusters, silentForMs })
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
      if (!parsed.ok) return this.#entrance.refuse(socket, parsed.code, parsed.why)
      return this.#entrance.greet(socket, attachment, parsed.value)
    }
    // What an admitted node says wrongly changes nothing, and does not cost it its session.
    if (!parsed.ok) {
      return this.#parts.sockets.send(attachment.id, { t: 'refused', code: parsed.code, why: parsed.why })
    }
    await this.#message(attachment, parsed.value)
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
      case 'recovered': {
        const { request, token, by } = message
        return this.#decide({ i: 'recovered', from: { channel: id, request }, node, token, by })
      }
      case 'verified': {
        const { request, token, height } = message
        return this.#decide({ i: 'verified', from: { channel: id, request }, node, token, height })
      }
      // The directory may be slow: a node's reports do not wait behind what it is asked.
      case 'results':
        return void this.#directory.results(message.report)
      case 'notices':
        return void this.#learnNotices(message.notices)
      case 'getMasters':
        return void this.#sendMasters(id)
      default:
        unreachable(message)
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
    void this.#pollNotices()
    await this.#directory.poll()
    sockets.send(id, { t: 'masters', table: await this.#directory.table(config.genesis.network, config.authority) })
  }

  /** Its session goes on: what counts for elections is the expiry that is recorded. */
  #renewed(node: NodeId, certificate: Jws, expiresAt: UnixMs): void {
    const { registry } = this.#decider.state
    const member = registry.status === 'founded' ? registry.members.get(node) : undefined
    if (member === undefined) return
    this.#decide({ i: 'memberSeen', member: { ...member, certificate, expiresAt }, nonce: '' })
  }

  #requestRefused(refusal: Failure, source: string): RequestAnswer {
    const { code: refusedFor, why: reason } = refusal
    const event = { event: 'request-refused', who: 'unknown', why: reason, code: refusedFor, evidence: null } as const
    const { code, why } = this.#attempts.refused(source, event)
    return { ok: false, code, why, retryAfterMs: null, state: null }
  }

  /** ID8: no election for what is revoked, and no session, but for a master until it has been switched away from. */
  #revoke(): void {
    const inputs = this.#notices.inputsFor(this.#decider.state.registry)
    if (inputs.length > 0) this.#settle(this.#decider.take(...inputs))
    const { registry, hearing } = this.#decider.state
    if (registry.status === 'absent') return
    for (const { node, revoked } of registry.members.values()) {
      const session = hearing.sessions.get(node)
      if (revoked !== true || session?.state !== 'open') continue
      if (registry.status === 'founded' && registry.master === node) continue
      this.#parts.sockets.send(session.id, {
        t: 'refused',
        code: 'CERTIFICATE_REVOKED',
        why: `the key of ${node} is revoked`,
      })
      this.#parts.sockets.close(session.id, CLOSE.refused, 'CERTIFICATE_REVOKED')
      this.#settle(this.#decider.take({ i: 'sessionClosed', node, session: session.id }))
    }
  }

  /** From a node that knows more than this registry, which may have been restored from an old copy (RG8). */
  async #learnNotices(statements: readonly Jws[]): Promise<void> {
    for (const statement of await this.notices(statements)) await this.#directory.notice(statement)
  }

  async #pollNotices(): Promise<void> {
    const statements = await this.#directory.notices()
    if (statements !== null) await this.notices(statements)
  }

  #decide(input: RegistryInput): void {
    this.#settle(this.#decider.take(input))
  }

  #settle(taken: Taken): void {
    if (taken.sends.some(({ s }) => s === 'directory')) queueMicrotask(() => this.#revoke())
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
