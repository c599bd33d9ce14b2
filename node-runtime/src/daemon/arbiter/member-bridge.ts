/**
 * Between the node and the member of a majority that runs in it (MJ1): what the node asks of its arbiter goes to the machine, what is decided comes
 * back as if an authority had said it. Signatures of peers are verified here, before the machine sees them.
 */
import type { ArbiterEvent, ArbiterMessage, ArbiterSend } from '@baton/shared/core/arbiter/messages'
import type { Accepted, ArbiterConfig, RegisterValue } from '@baton/shared/core/arbiter/types'
import type { NodeInput } from '@baton/shared/core/node/io'
import type { OperatorInput, Outcome, RegistryInput, RequestRef } from '@baton/shared/core/registry/messages'
import type { Member } from '@baton/shared/core/registry/types'
import type { Revocations } from '@baton/shared/crypto/notices'
import { verifyRegisterValue } from '@baton/shared/crypto/register-value'
import { revokedInputs } from '@baton/shared/crypto/revoked-members'
import type { Claim, Resignation } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError, type ErrorCode } from '@baton/shared/errors'
import type { NodeId } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { LinkedPeer } from '@baton/shared/ports/peer-links'
import { readArbiterMessage, writeArbiterMessage } from '@baton/shared/protocol/arbiter/messages'
import type { EdgeAsk, FromAuthority, RegistryView, SilenceElsewhere } from '@baton/shared/protocol/control'
import { ACTS } from '@baton/shared/protocol/operator-acts'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { EdgeOfMembers } from '../authority-bridge.ts'
import type { Credentials } from '../credentials.ts'
import type { Arbiter } from './arbiter.ts'
import { viewOfDecided } from './decided-view.ts'
import type { EdgeMirror } from './edge-mirror.ts'
import { type DeskAnswer, MemberDesk } from './member-desk.ts'
import { MemberDriver, type MemberDriverPorts } from './member-driver.ts'
import { MemberLinks } from './member-links.ts'
import { checkVote, proveGrant, signVote, type VoteParts } from './member-votes.ts'
import type { RegistryViews } from './registry-views.ts'

export interface MemberBridgePorts extends VoteParts, Pick<MemberDriverPorts, 'clock' | 'store' | 'fail'> {
  readonly config: ArbiterConfig
  /** Names this process, as no other before or after it is named. */
  readonly life: string
  /** This node as it is now: its certificate is renewed while it runs. */
  readonly self: () => Member
  /** ID8: what owners have revoked, as far as this node knows. */
  readonly revocations: Pick<Revocations, 'of' | 'ofOperator'>
  readonly enqueue: (input: NodeInput) => void
  readonly send: (to: NodeId, message: PeerMessage) => boolean
  readonly credentials: Credentials
  readonly views: RegistryViews
  readonly mirror: EdgeMirror
  readonly observe: (event: ArbiterEvent) => void
  readonly refused: (from: NodeId, code: ErrorCode, why: string) => void
  readonly log: Log
}

type OperatorAsk = Extract<EdgeAsk, { readonly kind: 'operator' }>

/** Whose answer goes to the node's machine as that of a claim. */
const CLAIM = 'claim'
/** Who asked over the edge, and at this member itself. */
const EDGE = 'edge'
const DESK = 'desk'

export class MemberBridge implements Arbiter, EdgeOfMembers {
  readonly #ports: MemberBridgePorts
  readonly #driver: MemberDriver
  readonly #links: MemberLinks
  /** Operators that wait for their answer here, by number. */
  readonly #waiting = new Map<number, (answer: DeskAnswer) => void>()
  #asked = 0
  readonly desk: MemberDesk
  /** What is decided is handed on in the order in which it was decided. */
  #order: Promise<void> = Promise.resolve()

  /** @throws BatonError STORAGE_DAMAGED */
  constructor(ports: MemberBridgePorts) {
    this.#ports = ports
    this.#links = new MemberLinks({
      ...ports,
      cluster: ports.config.cluster,
      own: ports.config.member,
      changed: (peer, up) => {
        this.#driver.feed({ i: 'link', peer, up })
        if (!up) ports.enqueue({ i: 'sessionClosed', node: peer })
      },
    })
    this.#driver = new MemberDriver(ports.config, ports.life, {
      ...ports,
      prove: proveGrant,
      perform: (send) => this.#perform(send),
      observe: (event) => {
        ports.observe(event)
        if (event.e === 'registry') ports.mirror.tell(event.event)
      },
      rejected: ({ code, why }, input) => {
        if (input.i === 'message') ports.refused(input.from, code, why)
      },
    })
    this.desk = new MemberDesk({
      ...ports,
      cluster: ports.config.cluster,
      state: () => this.#driver.state,
      ask: (input) => this.#operate(input),
    })
  }

  /** ID7: who acts is judged here, by the operator's token: the edge hands it on and vouches for nobody. */
  async #operateFor(request: number, { authorization, why, action, against }: OperatorAsk): Promise<void> {
    try {
      const operator = await this.desk.admit(authorization, ACTS[action.act].role)
      const said = { by: operator.name, why, action, role: operator.role, token: operator.id }
      const made = against === undefined ? {} : { against }
      this.#ask({ i: 'operator', from: { channel: EDGE, request }, ...said, ...made })
    } catch (error) {
      const refusal = error instanceof BatonError ? error : new BatonError('INTERNAL', String(error))
      this.#ports.log.warn({ event: 'operator-refused', code: refusal.code }, `an act was refused: ${refusal.message}`)
      this.#ports.mirror.answer(request, { ok: false, code: refusal.code, why: refusal.message, retryAfterMs: null })
    }
  }

  #operate(input: Omit<OperatorInput, 'from'>): Promise<DeskAnswer> {
    this.#asked += 1
    const from = { channel: DESK, request: this.#asked }
    return new Promise((resolve) => {
      this.#waiting.set(from.request, resolve)
      this.#ask({ ...input, from })
    })
  }

  /** A majority of the members is within reach, and this one has its vote. */
  get up(): boolean {
    return this.#driver.state.up
  }

  /** Why it is not up: what is missing, for whoever has to bring it back. */
  get why(): string {
    const { standing, config, up } = this.#driver.state
    const others = config.members.filter((node) => node !== this.#node)
    if (up) return 'a majority of the members is in reach'
    if (this.#links.isReplaced) {
      return `the owner of ${config.cluster} has replaced the key of ${this.#node}, and this one counts for nothing any more: install the new key here, or stop this node`
    }
    if (standing.s === 'asking') {
      const silent = others.filter((node) => !standing.told.has(node)).join(', ')
      return `this member has no seat on its disk, and no vote before all others have told it what they hold: it waits for ${silent}`
    }
    const away = others.filter((node) => !this.#links.has(node)).join(', ')
    return `no majority of the members of this cluster is in reach: ${away} cannot be reached`
  }

  stop(): void {
    this.#driver.stop()
    this.#ports.store.close()
  }

  linkOpened(peer: LinkedPeer): void {
    this.#links.opened(peer)
  }

  linkClosed(node: NodeId): void {
    this.#links.closed(node)
  }

  keysChanged(): void {
    this.#links.keysChanged()
  }

  /** The text of an `arbiter` message. */
  onPeer(from: NodeId, text: string): Promise<void> | undefined {
    const { refused, config } = this.#ports
    if (!this.#links.has(from)) {
      // What a member has said on a link that has closed since is lost with it.
      if (!config.members.includes(from)) refused(from, 'PEER_UNEXPECTED', `it is no arbiter of ${config.cluster}`)
      return undefined
    }
    const message = readArbiterMessage(text)
    if (!message.ok) {
      refused(from, message.code, message.why)
      return undefined
    }
    switch (message.value.m) {
      case 'accepted':
        return this.#accepted(from, message.value)
      case 'decided':
        return this.#proven(from, message.value, message.value.decided.value)
      case 'promise':
      case 'memory':
        return this.#proven(from, message.value, message.value.accepted?.value)
      case 'accept':
        return this.#proven(from, message.value, message.value.value)
      default:
        this.#driver.feed({ i: 'message', from, message: message.value })
        return undefined
    }
  }

  report: Arbiter['report'] = (message) => {
    const { t: _, ...report } = message
    const member = this.#ports.self()
    if (member.certificate !== this.#driver.state.config.member.certificate) this.#driver.feed({ i: 'member', member })
    this.#enforce()
    this.#driver.feed({ i: 'report', report })
    this.#ports.mirror.report(message)
  }

  claim: Arbiter['claim'] = async (request, claim) => {
    const resignation = await this.#resignationIn(claim)
    this.#ask({ i: 'claim', from: { channel: CLAIM, request }, claim, resignation })
  }

  reshape: Arbiter['reshape'] = async (reshape) => {
    const statement = await signStatement('reshape', reshape, this.#ports.privateKey)
    this.#ask({ i: 'reshape', from: named('the change of the sync set'), reshape, statement })
  }

  confirm: Arbiter['confirm'] = async (token) => {
    this.#ask({ i: 'confirm', from: named('the mastership'), node: this.#node, token })
  }

  recovered: Arbiter['recovered'] = async (token, by) => {
    this.#ask({ i: 'recovered', from: named('the end of recovery'), node: this.#node, token, by })
  }

  verified: Arbiter['verified'] = async (token, height) => {
    this.#ask({ i: 'verified', from: named('the end of the bar on this node'), node: this.#node, token, height })
  }

  onUp(protocol: number): void {
    this.#ports.mirror.up(protocol, this.#driver.state.decided?.value ?? null)
  }

  onForeignSilence({ reporters, clusters, silentForMs }: SilenceElsewhere): void {
    this.#driver.feed({ i: 'foreignSilence', reporters, clusters, silentForMs })
  }

  onAsk({ request, ask }: Extract<FromAuthority, { readonly t: 'ask' }>): void {
    const { mirror } = this.#ports
    if (ask.kind === 'operator') {
      void this.#operateFor(request, ask)
      return
    }
    const { order, bars } = ask
    const registry = this.#driver.state.decided?.value.registry
    if (registry?.status === 'founded' && registry.ordersSeen.includes(order.id)) {
      mirror.answer(request, { ok: true })
      return
    }
    // The machine answers an order by what it says of it.
    mirror.awaitOrder(request, order.id)
    this.#ask({ i: 'order', ...order, bars })
  }

  /** ID8: nobody is elected under a revoked key, and a revoked master is ordered away. Again with every report, until it is recorded. */
  #enforce(): void {
    const { decided, proposal, asks, up } = this.#driver.state
    if (decided === null || !up || proposal !== null || asks.length > 0) return
    for (const input of revokedInputs(decided.value.registry, this.#ports.revocations)) this.#ask(input)
  }

  get #node(): NodeId {
    return this.#driver.state.config.member.node
  }

  #ask(ask: RegistryInput): void {
    this.#driver.feed({ i: 'ask', ask })
  }

  #perform(send: ArbiterSend): void {
    const { send: tell, enqueue, privateKey, life } = this.#ports
    switch (send.s) {
      case 'member':
        tell(send.to, { t: 'arbiter', message: writeArbiterMessage(send.message) })
        return
      case 'accepted':
        void this.#vote(send, privateKey)
        return
      case 'registry':
        this.#reply(send.send.s === 'reply' ? send.send : null)
        return
      case 'decided':
        this.#tell(send.decided)
        return
      case 'heard':
        enqueue({ i: 'heardByAuthority', report: send.report, version: send.version })
        return
      case 'session':
        this.#session(send.up, life)
        return
    }
  }

  #session(up: boolean, challenge: string): void {
    const { log, enqueue } = this.#ports
    const sentence = up
      ? 'a majority of the members of this cluster is within reach'
      : `${this.why}: a failover waits, the chain goes on`
    log[up ? 'info' : 'warn']({ event: up ? 'majority-up' : 'majority-down' }, sentence)
    this.#next(async () => enqueue(up ? { i: 'authority', up, challenge } : { i: 'authority', up }))
  }

  /** Its seat is on disk: it signs, and says so. */
  async #vote(
    { to, ballot, sign }: Extract<ArbiterSend, { s: 'accepted' }>,
    key: VoteParts['privateKey'],
  ): Promise<void> {
    const signature = sign === null ? null : await signVote(sign, key)
    const message: ArbiterMessage = { m: 'accepted', ballot, signature }
    if (to === this.#node) this.#driver.feed({ i: 'message', from: to, message })
    else this.#ports.send(to, { t: 'arbiter', message: writeArbiterMessage(message) })
  }

  async #accepted(from: NodeId, message: Extract<ArbiterMessage, { m: 'accepted' }>): Promise<void> {
    const { ballot, signature } = message
    if (signature === null) {
      this.#driver.feed({ i: 'message', from, message })
      return
    }
    const vote = await checkVote(this.#ports, this.#driver.state, from, { ballot, vote: signature })
    if (vote.ok) this.#driver.feed({ i: 'message', from, message: { ...message, signature: vote.value } })
    else this.#ports.refused(from, vote.code, vote.why)
  }

  /** A proof that does not verify, or of another grant than is recorded beside it, proves nothing, whoever brings it, and in what. */
  async #proven(from: NodeId, message: ArbiterMessage, value: RegisterValue | undefined): Promise<void> {
    const { config, credentials, refused } = this.#ports
    if (value !== undefined && value.proof !== null) {
      const verified = await verifyRegisterValue(config, value, (credential) => credentials.verify(credential))
      if (!verified.ok) {
        refused(from, 'PEER_SIGNATURE', `the grant in a value does not verify: ${verified.why}`)
        return
      }
    }
    this.#driver.feed({ i: 'message', from, message })
  }

  #tell(decided: Accepted): void {
    const { views, mirror } = this.#ports
    mirror.show(decided.value)
    const view = viewOfDecided(decided)
    if (view !== null) this.#next(() => views.learn(view))
  }

  #reply(reply: { readonly to: RequestRef; readonly outcome: Outcome } | null): void {
    if (reply === null) return
    const { to, outcome } = reply
    if (to.channel === CLAIM) {
      const { decided } = this.#driver.state
      const view = decided === null ? null : viewOfDecided(decided)
      this.#next(() => this.#claimReply(to.request, outcome, view))
    } else if (to.channel === EDGE) this.#ports.mirror.answer(to.request, outcome)
    else if (to.channel === DESK) {
      const answer = this.#waiting.get(to.request)
      this.#waiting.delete(to.request)
      this.#ports.mirror.afterStep((events) => answer?.({ outcome, events }))
    } else if (!outcome.ok) {
      const { code, why } = outcome
      this.#ports.log.warn({ event: 'arbiter-refuses', code }, `${to.channel} was not recorded: ${why}`)
    }
  }

  async #claimReply(request: number, outcome: Outcome, view: RegistryView | null): Promise<void> {
    const { views, enqueue } = this.#ports
    const reshape = view === null ? null : await views.recordedIn(view)
    const shown = reshape === null ? {} : { reshape }
    if (!outcome.ok) enqueue({ i: 'claimReply', request, outcome: { ...outcome, state: view }, ...shown })
    else if (view !== null) enqueue({ i: 'claimReply', request, outcome: { ok: true, state: view }, ...shown })
  }

  /** As the authority would read it: null when it does not verify. */
  async #resignationIn({ evidence }: Claim): Promise<Resignation | null> {
    if (evidence.kind !== 'resigned') return null
    const read = peekStatement('resignation', evidence.resignation)
    const key = read.ok ? this.#links.presentKey(read.payload.node) : undefined
    if (key === undefined) return null
    const verified = await verifyStatement('resignation', evidence.resignation, [key])
    return verified.ok ? verified.payload : null
  }

  #next(work: () => Promise<void>): void {
    this.#order = this.#order.then(work).catch((error: unknown) => {
      this.#ports.log.error(
        { event: 'member-bridge', error: String(error) },
        'a decision of the members could not be used',
      )
    })
  }
}

function named(channel: string): RequestRef {
  return { channel, request: 0 }
}
