/** One cluster's authority, put together: sessions in, decisions, messages out. */

import { unreachable } from '@baton/shared/assert'
import type { ForeignSilenceOf } from '@baton/shared/core/audit/types'
import { alertOf } from '@baton/shared/core/registry/alerts'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { OrderView, ToAuthority } from '@baton/shared/protocol/control'
import { parseToAuthority } from '@baton/shared/protocol/control-schemas'
import { failure, type Result } from '@baton/shared/result'
import { EventLog } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type {
  EventsQuery,
  OperatorAnswer,
  OperatorCall,
  OperatorRequest,
  OrderAnswer,
  RequestAnswer,
  StatementKindOverHttp,
  UnreadRequest,
} from '../authority-api.ts'
import type { DirectoryApi } from '../directory-api.ts'
import { type AdmissionParts, acceptCertificate } from './admission.ts'
import { AlertPost } from './alert-post.ts'
import { Attempts } from './attempts.ts'
import { Credentials } from './credentials.ts'
import { Decider, type Taken } from './decider.ts'
import { DirectoryLink } from './directory-link.ts'
import { Door } from './door.ts'
import { Enrolment } from './enrolment.ts'
import { Entrance, type EntranceParts } from './entrance.ts'
import { EventWaiters } from './event-waiters.ts'
import { Insight } from './insight.ts'
import { Lanes } from './lanes.ts'
import { MembersArbiter } from './members-arbiter.ts'
import { Mirror } from './mirror.ts'
import { Notices } from './notices.ts'
import { Operators, operatorInput } from './operators.ts'
import { orderAnswer } from './order-answer.ts'
import { Outbox, replyOf } from './outbox.ts'
import { Refusals } from './refusals.ts'
import type { Registrar } from './registrar.ts'
import { RegistryLog } from './registry-log.ts'
import { Revoker } from './revoker.ts'
import { type Attachment, attachmentOf } from './sockets.ts'
import { claimInput, memberKeys, reshapeInput } from './statements.ts'
import { Witnesses } from './witnesses.ts'

const DIRECTORY_RETRY_MS = 1_000
const ARBITER_HERE = 'the registry of this cluster is kept here, not by its members'

export interface AuthorityParts
  extends Omit<EntranceParts, 'decider' | 'directory' | 'outbox' | 'admission' | 'enrolment' | 'attempts' | 'notices'> {
  readonly sql: Sql
  readonly directory: DirectoryApi
}

type Open = Extract<Attachment, { phase: 'open' }>

export class Authority {
  readonly #parts: AuthorityParts
  readonly #decider: Registrar
  /** MJ1: null where the registry is kept here. */
  readonly #members: MembersArbiter | null
  readonly #credentials: Credentials
  readonly #outbox: Outbox
  readonly #directory: DirectoryLink
  readonly #entrance: Entrance
  readonly #witnesses: Witnesses
  readonly #admission: AdmissionParts
  readonly #enrolment: Enrolment
  readonly #refusals: Refusals
  readonly #revoker: Revoker
  readonly door: Door
  readonly insight: Insight
  readonly owners: Notices['owners']
  readonly #lanes = new Lanes(LIMITS.controlQueueFrames)
  readonly #operators: Operators
  readonly #alerts: AlertPost
  readonly #waiters: EventWaiters
  #requests = 0
  #lookedAt = 0

  constructor(parts: AuthorityParts) {
    this.#parts = parts
    this.#alerts = new AlertPost({
      sql: parts.sql,
      network: parts.config.genesis.network,
      cluster: parts.cluster.cluster,
      webhook: parts.config.webhook,
      backstop: parts.backstop,
      now: () => parts.clock.wallNow(),
    })
    // Whatever is recorded, of whichever part of the authority: those who follow the log read on, and alerts leave.
    this.#waiters = new EventWaiters(parts.sql, (call) => this.admit(call))
    const events = new EventLog(parts.sql, () => {
      this.#waiters.wake()
      void this.#alerts.deliver()
    })
    const log = new RegistryLog({
      clock: parts.clock,
      append: (event) => this.#alerts.enter(events.append(parts.clock.wallNow(), event), alertOf(event)),
      note: (event) => events.append(parts.clock.wallNow(), event),
    })
    const mirror = parts.cluster.arbiter === undefined ? null : new Mirror({ ...parts, log })
    this.#decider = mirror ?? new Decider(parts.sql, parts.clock, log)
    this.#credentials = new Credentials(parts.config.authority, mirror)
    const [decider, credentials] = [this.#decider, this.#credentials]
    this.insight = new Insight({ ...parts, cluster: parts.cluster.cluster, decider, credentials })
    this.#directory = new DirectoryLink(parts, this.#credentials)
    this.#outbox = new Outbox(parts.sockets, this.#credentials, () => this.#settleDirectory())
    const { sql, clock } = parts
    const notices = new Notices(sql, clock, parts.config, events)
    this.owners = () => notices.owners()
    this.#operators = new Operators(this.#decider, clock, notices.revocations)
    this.#enrolment = new Enrolment(sql, clock, events)
    const attempts = new Attempts(sql, clock, events)
    this.#refusals = new Refusals(attempts, parts.sockets)
    this.#admission = {
      genesis: notices.trust,
      cluster: parts.cluster.cluster,
      revocations: notices.revocations,
      registry: () => this.#decider.state.registry,
    }
    const door = { admission: this.#admission, enrolment: this.#enrolment, attempts }
    this.door = new Door({
      sql,
      events,
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
      notices: () => notices.all(),
    })
    this.#revoker = new Revoker({
      notices,
      clock,
      sockets: parts.sockets,
      directory: this.#directory,
      decider: this.#decider,
      settle: (taken) => this.#settle(taken),
    })
    this.#witnesses = new Witnesses({
      ...parts,
      refusals: this.#refusals,
      trust: notices.trust,
      directory: this.#directory,
      registry: () => this.#decider.state.registry,
      decide: (input) => this.#decide(input),
    })
    const members = { ...parts, trust: notices.trust, refusals: this.#refusals, view: () => this.insight.view() }
    this.#members = mirror && new MembersArbiter({ ...members, mirror, onGrant: () => this.#settleDirectory() })
    const { cluster, founder, policy } = parts.cluster
    const network = parts.config.genesis.network
    this.#decider.take({ i: 'create', network, cluster, founder, policy })
    const resumed = parts.sockets.open().map(({ node, id }) => ({ i: 'sessionOpened', node, session: id }) as const)
    this.#settle(this.#decider.take(...resumed))
    this.#revoker.enforce()
    void this.#revoker.recertify()
    void this.#revoker.poll()
    void this.#witnesses.askDirectory().then(() => this.#settleDirectory())
  }

  accept(socket: WebSocket, source: string): void {
    this.#entrance.challenge(socket, source)
  }

  /** Resolves when the frame has been dealt with. */
  async receive(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const done = this.#lanes.run(attachmentOf(socket).id, () => this.#frame(socket, frame))
    if (done === null) {
      const { close, why } = this.#refusals.flood(socket)
      return this.closed(socket, close, why)
    }
    await done
    if (this.#parts.clock.now() - this.#lookedAt >= DIRECTORY_RETRY_MS) this.deadlines()
  }

  /** The socket has closed or failed, or is given up. */
  closed(socket: WebSocket, code: number, reason: string): void {
    const attachment = attachmentOf(socket)
    this.#parts.sockets.closeSocket(socket, code, reason)
    if (attachment.phase !== 'open') return
    const { node, id } = attachment
    this.#members?.asks.closed(id)
    const closed = { i: 'sessionClosed', node, session: id } as const
    // The close may be what woke this object: then its socket was not among those to resume.
    const unseen = !this.#decider.state.hearing.sessions.has(node)
    this.#settle(this.#decider.take(...(unseen ? [{ ...closed, i: 'sessionOpened' } as const, closed] : [closed])))
  }

  /** Deadlines: looked at with the messages, and by the alarm. */
  deadlines(): void {
    this.#lookedAt = this.#parts.clock.now()
    const next = this.#parts.sockets.expire(this.#parts.clock.wallNow(), (socket) =>
      this.#entrance.refuse(socket, 'CHALLENGE_INVALID', 'no valid proof came in time'),
    )
    if (next !== null) this.#parts.backstop.wakeAt(next)
    this.#operators.tellUntold()
    this.#settle(this.#decider.take({ i: 'tick' }))
    this.#settleDirectory()
    void this.#alerts.deliver()
  }

  async request(
    kind: StatementKindOverHttp,
    statement: string,
    certificate: string,
    source: string,
  ): Promise<RequestAnswer> {
    const certified = await acceptCertificate(this.#admission, certificate, this.#parts.clock.wallNow())
    if (!certified.ok) return this.#refusals.request(certified, source)
    const { node, key } = certified.value.certificate
    if (!this.#enrolment.has(certified.value)) {
      return this.#refusals.request(failure('UNKNOWN_NODE', `${node} has never joined`), source)
    }
    const members = memberKeys(this.#decider.state.registry)
    this.#requests += 1
    const from = { channel: `http-${this.#requests}`, request: this.#requests }
    const verify = kind === 'claim' ? claimInput : reshapeInput
    const input = await verify(statement as Jws, from, (of) => (of === node ? key : members(of)))
    if (!input.ok) return this.#refusals.request(input, source, node)
    const taken = this.#decider.take(input.value)
    const answer = this.#outbox.answerTo(from.channel)
    this.#settle(taken)
    return answer
  }

  unread(request: UnreadRequest, source: string): void {
    this.#refusals.unread(request, source)
  }

  /** What the directory knows of notices (ID8). */
  async notices(statements: readonly Jws[]): Promise<void> {
    await this.#revoker.take(statements, null)
  }

  events(query: EventsQuery, caller: OperatorCall): Promise<Result<readonly ChainedEvent[]>> {
    return this.#waiters.page(query, caller)
  }

  admit(call: OperatorCall): Result<null> {
    return this.#operators.admit(call)
  }

  async operate(request: OperatorRequest): Promise<OperatorAnswer> {
    const { operator, action } = request
    // ID7: it was let in before it came here, and may have been revoked in between.
    const admitted = this.admit({ call: `act ${action.act}`, operator, refusal: null })
    if (!admitted.ok) return { ...admitted, retryAfterMs: null, state: null, events: [] }
    const answered = (await this.#members?.operate(request)) ?? null
    if (answered !== null) return answered
    this.#requests += 1
    const from = { channel: `http-${this.#requests}`, request: this.#requests }
    const input = operatorInput(request, from)
    if (request.dryRun) return this.insight.consider(input)
    const taken = this.#decider.take(input)
    const answer = this.#outbox.answerTo(from.channel)
    this.#settle(taken)
    return { ...(await answer), events: taken.events }
  }

  foreignSilence({ reporters, clusters, silentForMs }: ForeignSilenceOf): void {
    this.#members?.asks.silence({ reporters, clusters, silentForMs })
    this.#decide({ i: 'foreignSilence', reporters, clusters, silentForMs })
  }

  async order(order: OrderView, bars: boolean): Promise<OrderAnswer> {
    if (this.#members !== null) return this.#members.order(order, bars)
    const { id, node, cause, why } = order
    const taken = this.#decider.take({ i: 'order', id, node, cause, why, bars })
    this.#settle(taken)
    return orderAnswer(taken, id)
  }

  masters(version: number, table: Jws): void {
    if (!this.#directory.take(version, table)) return
    this.#parts.sockets.broadcast({ t: 'masters', table })
    void this.#witnesses.hearDirectory()
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
    if (!parsed.ok) return this.#refusals.frame(attachment, parsed)
    await this.#message(socket, attachment, parsed.value)
  }

  async #message(socket: WebSocket, open: Open, message: ToAuthority): Promise<void> {
    const { id, node } = open
    switch (message.t) {
      case 'hello':
        return this.#refusals.frame(open, failure('PEER_UNEXPECTED', 'the session is open'))
      case 'report': {
        const { t: _, ...report } = message
        return this.#decide({ i: 'report', node, session: id, report })
      }
      case 'claim':
        return this.#statement(open, message.request, claimInput, message.claim)
      case 'reshape':
        return this.#statement(open, message.request, reshapeInput, message.reshape)
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
      case 'shown':
        return this.#witnesses.shown(socket, open, message)
      case 'notices':
        return this.#refusals.notices(open, await this.#revoker.learn(message.notices))
      // The directory may be slow: a node's reports do not wait behind what it is asked.
      case 'results':
        return void this.#directory.results(message.report, node)
      case 'findings':
        return void this.#directory.findings(message.findings, node)
      case 'mirror':
      case 'asked':
        if (this.#members === null) return this.#refusals.frame(open, failure('PEER_UNEXPECTED', ARBITER_HERE))
        return message.t === 'mirror' ? this.#members.mirrored(open, message) : this.#members.asked(open, message)
      case 'getMasters':
        return void this.#sendMasters(id)
      default:
        unreachable(message)
    }
  }

  async #statement(open: Open, request: number, verify: typeof claimInput, jws: Jws): Promise<void> {
    const { registry } = this.#decider.state
    const input = await verify(jws, { channel: open.id, request }, memberKeys(registry))
    if (input.ok) return this.#decide(input.value)
    this.#refusals.statement(open, input)
    const view = registry.status === 'founded' ? await this.#credentials.view(registry) : null
    this.#parts.sockets.send(open.id, replyOf(request, { ...input, retryAfterMs: null }, view))
  }

  /** NW2, the poll: what the directory has; and what it lacks is told to it once more. */
  async #sendMasters(id: string): Promise<void> {
    const { config, sockets } = this.#parts
    await this.#witnesses.askDirectory()
    this.#settleDirectory()
    void this.#revoker.catchUp()
    sockets.send(id, { t: 'masters', table: await this.#directory.table(config.genesis.network, config.authority) })
  }

  /** Its session goes on: what counts for elections is the expiry that is recorded. */
  #renewed(node: NodeId, certificate: Jws, expiresAt: UnixMs): void {
    const { registry } = this.#decider.state
    const member = registry.status === 'founded' ? registry.members.get(node) : undefined
    if (member === undefined) return
    this.#decide({ i: 'memberSeen', member: { ...member, certificate, expiresAt }, nonce: '' })
  }

  #decide(input: RegistryInput): void {
    this.#settle(this.#decider.take(input))
  }

  #settle(taken: Taken): void {
    if (taken.sends.some(({ s }) => s === 'directory')) queueMicrotask(() => this.#revoker.enforce())
    if (taken.tickAfterMs !== null) this.#parts.backstop.wakeAt(this.#parts.clock.wallNow() + taken.tickAfterMs)
    if (taken.sends.length > 0) void this.#outbox.deliver(taken)
    this.#witnesses.settled(taken.registry)
  }

  #settleDirectory(): void {
    const { registry } = this.#decider.state
    if (!this.#directory.owes(registry)) return
    // Were this life to end before the directory has answered, the alarm brings it back.
    this.#parts.backstop.wakeAt(this.#parts.clock.wallNow() + DIRECTORY_RETRY_MS)
    void this.#directory.tell(() => this.#decider.state.registry)
  }
}
