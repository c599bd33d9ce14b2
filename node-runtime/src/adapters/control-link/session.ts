/** One session with the authority: connect → challenge → hello with proof → welcome, then frames until it ends. */
import type { IncomingMessage } from 'node:http'
import type { SessionProof } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { CONTROL_PROTOCOL, type FromAuthority, type ToAuthority } from '@baton/shared/protocol/control'
import { parseFromAuthority } from '@baton/shared/protocol/control-schemas'
import { agreedVersion, disagreement, type ProtocolRange } from '@baton/shared/protocol/versions'
import { WebSocket } from 'ws'
import { FAREWELL_MS, HANDSHAKE_MS, QUEUE_BYTES } from './constants.ts'
import { refusalOf } from './http-answer.ts'

export type Welcome = Extract<FromAuthority, { readonly t: 'welcome' }>
/** What comes after the handshake. */
export type SessionFrame = Exclude<FromAuthority, { readonly t: 'challenge' | 'welcome' | 'refused' }>

/** What this node says about itself in every session. */
export interface SessionIdentity {
  readonly certificate: Jws
  readonly proof: Omit<SessionProof, 'challenge' | 'protocol'>
  readonly privateKey: Parameters<typeof signStatement>[2]
  /** Default: what this program speaks. */
  readonly protocol?: ProtocolRange
}

export interface SessionHandler {
  onWelcome(welcome: Welcome, challenge: string, protocol: number): void
  onFrame(frame: SessionFrame): void
  /** Any sign of life, also a pong. */
  onHeard(): void
  onRefused(code: string, why: string): void
  /** Once, and nothing after it. */
  onEnd(why: string): void
}

export class Session {
  readonly #identity: SessionIdentity
  readonly #handler: SessionHandler
  readonly #webSocket: WebSocket
  readonly #deadline: NodeJS.Timeout
  #challenge: string | null = null
  #protocol = 0
  #welcomed = false
  #ended = false

  constructor(url: string, identity: SessionIdentity, handler: SessionHandler) {
    this.#identity = identity
    this.#handler = handler
    this.#deadline = setTimeout(() => this.end(`no welcome within ${HANDSHAKE_MS} ms`), HANDSHAKE_MS)
    this.#webSocket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: LIMITS.controlFrameBytes,
      followRedirects: false,
    })
    this.#webSocket.on('message', (data, isBinary) => this.#receive(isBinary ? null : String(data)))
    this.#webSocket.on('pong', () => this.#ended || handler.onHeard())
    this.#webSocket.on('unexpected-response', (_request, response) => void this.#notUpgraded(response))
    this.#webSocket.on('error', (error) => this.end(error.message))
    this.#webSocket.on('close', (code, reason) => this.end(`closed by the authority (${code} ${reason})`))
  }

  send(message: ToAuthority): boolean {
    if (this.#ended || this.#webSocket.readyState !== WebSocket.OPEN) return false
    if (this.#webSocket.bufferedAmount > QUEUE_BYTES) {
      this.end('it takes nothing any more')
      return false
    }
    this.#webSocket.send(JSON.stringify(message))
    return true
  }

  ping(): void {
    if (!this.#ended && this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.ping()
  }

  /** Drops the session without waiting for the other side. */
  end(why: string): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#deadline)
    this.#webSocket.terminate()
    this.#handler.onEnd(why)
  }

  async closeInOrder(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#deadline)
    await new Promise<void>((resolve) => {
      this.#webSocket.once('close', () => resolve())
      this.#webSocket.close(1_000)
      setTimeout(resolve, FAREWELL_MS).unref()
    })
    this.#webSocket.terminate()
  }

  #receive(text: string | null): void {
    if (this.#ended) return
    const frame = text === null ? null : parseFromAuthority(text)
    if (frame === null || !frame.ok) {
      this.end(`a frame that is none: ${frame === null ? 'binary' : frame.why}`)
      return
    }
    this.#handler.onHeard()
    this.#take(frame.value)
  }

  #take(frame: FromAuthority): void {
    switch (frame.t) {
      case 'challenge':
        void this.#prove(frame)
        return
      case 'welcome':
        if (this.#challenge === null || this.#welcomed) {
          this.end('a welcome out of turn')
          return
        }
        this.#welcomed = true
        clearTimeout(this.#deadline)
        this.#handler.onWelcome(frame, this.#challenge, this.#protocol)
        return
      case 'refused':
        this.#handler.onRefused(frame.code, frame.why)
        this.end(`refused: ${frame.why}`)
        return
      default:
        if (this.#welcomed) this.#handler.onFrame(frame)
    }
  }

  async #prove({ challenge, protocol }: Extract<FromAuthority, { readonly t: 'challenge' }>): Promise<void> {
    if (this.#challenge !== null) return
    const ours = this.#identity.protocol ?? CONTROL_PROTOCOL
    const agreed = agreedVersion(protocol, ours)
    if (agreed === null) {
      const why = disagreement('control', { who: 'the authority', ...protocol }, { who: 'this node', ...ours })
      this.#handler.onRefused('PROTOCOL_VERSION', why)
      this.end(why)
      return
    }
    this.#challenge = challenge
    this.#protocol = agreed
    const { certificate, proof, privateKey } = this.#identity
    const signed = await signStatement('session', { ...proof, challenge, protocol: ours }, privateKey)
    this.send({ t: 'hello', certificate, proof: signed })
  }

  /** The authority answers the upgrade with an HTTP error: it says why in the body. */
  async #notUpgraded(response: IncomingMessage): Promise<void> {
    const refusal = await refusalOf(response)
    if (this.#ended) return
    if (refusal !== null) this.#handler.onRefused(refusal.code, refusal.why)
    this.end(`HTTP status ${response.statusCode}${refusal === null ? '' : `: ${refusal.why}`}`)
  }
}
