/** The link to the authority: sessions one after the other, HTTP in between. The port in `shared/src/ports/control-link.ts`. */
import type { Instant, Jws } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type {
  ControlLink,
  ControlLinkHandler,
  ControlNotice,
  ControlReply,
  ControlRequest,
} from '@baton/shared/ports/control-link'
import { Awaited } from './control-link/awaited.ts'
import { RECONNECT_MS, REQUEST_MS, SILENT_MS } from './control-link/constants.ts'
import { refusal, unreachable } from './control-link/http-answer.ts'
import { postSigned } from './control-link/http-fallback.ts'
import { HttpMasters } from './control-link/http-masters.ts'
import { Session, type SessionFrame, type SessionIdentity, type Welcome } from './control-link/session.ts'

export interface ControlLinkOptions {
  /** `http://` or `https://` address of the authentication node, without a slash at its end. */
  readonly authorityUrl: string
  readonly identity: SessionIdentity
  readonly clock: Clock
  readonly handler: ControlLinkHandler
  /** A session that leaves a report, or a ping, unanswered for this long is dropped. Default 3 s. */
  readonly silentAfterMs?: number
}

export function controlLink(options: ControlLinkOptions): ControlLink {
  return new WebSocketControlLink(options)
}

class WebSocketControlLink implements ControlLink {
  readonly #options: ControlLinkOptions
  readonly #clusterUrl: string
  readonly #silentAfterMs: number
  readonly #awaited: Awaited
  readonly #masters: HttpMasters
  #session: Session | null = null
  #up = false
  #toldDown = false
  #stopped = true
  #request = 0
  #pauseMs = 0
  #heardAt: Instant
  #reconnect: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined

  constructor(options: ControlLinkOptions) {
    const { network, cluster } = options.identity.proof
    this.#options = options
    this.#clusterUrl = `${options.authorityUrl}/v1/networks/${network}/clusters/${cluster}`
    this.#masters = new HttpMasters(`${options.authorityUrl}/v1/networks/${network}/masters`)
    this.#silentAfterMs = options.silentAfterMs ?? SILENT_MS
    this.#awaited = new Awaited(options.clock)
    this.#heardAt = options.clock.now()
  }

  get connected(): boolean {
    return this.#up
  }

  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#watch = setInterval(() => this.#watchSilence(), this.#silentAfterMs / 4)
    this.#connect()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#watch)
    clearTimeout(this.#reconnect)
    const session = this.#session
    this.#session = null
    this.#up = false
    this.#awaited.abandon('this node stops')
    await session?.closeInOrder()
  }

  send(notice: ControlNotice): boolean {
    if (!this.#up || this.#session === null) return false
    if (!this.#session.send(notice)) return false
    if (notice.t === 'report') this.#awaited.reported(notice.report)
    return true
  }

  async request(request: ControlRequest): Promise<ControlReply> {
    const number = ++this.#request
    if (this.#up && this.#session?.send({ ...request, request: number })) return this.#awaited.reply(number)
    if (this.#stopped) return unreachable('this node stops')
    const { certificate } = this.#options.identity
    switch (request.t) {
      case 'claim':
        return postSigned(`${this.#clusterUrl}/claims`, { statement: request.claim, certificate }, REQUEST_MS)
      case 'reshape':
        return postSigned(`${this.#clusterUrl}/reshapes`, { statement: request.reshape, certificate }, REQUEST_MS)
      case 'confirm':
      case 'recovered':
      case 'verified':
        return unreachable('there is no session with the authority')
    }
  }

  pollMasters(): void {
    if (this.#stopped || (this.#up && this.#session?.send({ t: 'getMasters' }))) return
    void this.#masters.newer().then((table) => {
      if (table !== null && !this.#stopped) this.#options.handler.onMasters(table)
    })
  }

  relay(claim: Jws, certificate: Jws): Promise<ControlReply> {
    return postSigned(`${this.#clusterUrl}/claims`, { statement: claim, certificate }, REQUEST_MS)
  }

  #connect(): void {
    const { clock, handler, identity } = this.#options
    let refused = false
    this.#heardAt = clock.now()
    this.#session = new Session(`${this.#clusterUrl.replace(/^http/, 'ws')}/session`, identity, {
      onWelcome: (...welcomed) => this.#welcomed(...welcomed),
      onFrame: (frame) => this.#take(frame),
      onHeard: () => {
        this.#heardAt = clock.now()
      },
      onRefused: (code, why) => {
        refused = true
        handler.onRefused(code, why)
      },
      onEnd: (why) => this.#ended(why, refused),
    })
  }

  #welcomed({ state, masters, graceMs }: Welcome, challenge: string, protocol: number): void {
    this.#up = true
    this.#toldDown = false
    this.#pauseMs = 0
    this.#options.handler.onUp({ state, masters, graceMs, challenge, protocol })
  }

  #ended(why: string, refused: boolean): void {
    this.#session = null
    this.#up = false
    this.#awaited.abandon(why)
    if (!this.#toldDown) {
      this.#toldDown = true
      this.#options.handler.onDown(why)
    }
    if (this.#stopped) return
    const doubled = Math.max(RECONNECT_MS.first, this.#pauseMs * 2)
    this.#pauseMs = refused ? RECONNECT_MS.max : Math.min(doubled, RECONNECT_MS.max)
    this.#reconnect = setTimeout(() => this.#connect(), this.#pauseMs * (0.5 + Math.random()))
  }

  #take(frame: SessionFrame): void {
    const { handler } = this.#options
    switch (frame.t) {
      case 'state':
        handler.onState(frame.state)
        break
      case 'masters':
        handler.onMasters(frame.table)
        break
      case 'notices':
        handler.onNotices(frame.notices)
        break
      case 'sessionClosed':
        handler.onSessionClosed(frame.node)
        break
      case 'heard': {
        const { report, version } = frame
        const sentAt = this.#awaited.heard(report)
        if (sentAt !== null) handler.onHeard({ report, version, sentAt })
        break
      }
      case 'reply':
        this.#awaited.answered(frame.request, replyIn(frame))
        break
      case 'ask':
        handler.onAsk(frame)
        break
      case 'foreignSilence':
        handler.onForeignSilence(frame)
        break
    }
  }

  /** Pongs come from the edge and prove only the path; `heard` proves the authority. Both are wanted. */
  #watchSilence(): void {
    if (!this.#up) return
    const silentMs = this.#options.clock.now() - this.#heardAt
    if (silentMs > this.#silentAfterMs || this.#awaited.unheardFor() > this.#silentAfterMs) {
      this.#session?.end(`silent for ${this.#silentAfterMs} ms`)
    } else if (silentMs > this.#silentAfterMs / 2) this.#session?.ping()
  }
}

function replyIn(frame: Extract<SessionFrame, { readonly t: 'reply' }>): ControlReply {
  if (frame.ok) return { ok: true, state: frame.state }
  const { code, why, retryAfterMs, state } = frame
  return refusal(code, why, { retryAfterMs, state })
}
