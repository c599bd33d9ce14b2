/**
 * Delivers what decisions say, in the order of the decisions. Signing a new grant takes a turn of the event loop, so what
 * follows waits behind it. The platform holds every send back until the writes before it are durable (RG7).
 */
import { unreachable } from '@baton/shared/assert'
import type { Outcome, RegistrySend, RequestRef } from '@baton/shared/core/registry/messages'
import type { Registry } from '@baton/shared/core/registry/types'
import type { FromAuthority, RegistryView } from '@baton/shared/protocol/control'
import type { RequestAnswer } from '../authority-api.ts'
import type { Credentials } from './credentials.ts'
import type { Taken } from './decider.ts'
import { CLOSE, type Sockets } from './sockets.ts'

/** Which messages carry the state, and so the signed grant. */
const SHOWS_STATE: { readonly [Name in RegistrySend['s']]: boolean } = {
  reply: true,
  broadcast: true,
  state: true,
  heard: false,
  sessionClosed: false,
  closeSession: false,
  directory: false,
}

const CLOSED = {
  superseded: 'a newer session of this node took its place',
  restore: 'the registry is being restored: open a new session',
} as const

export class Outbox {
  readonly #sockets: Sockets
  readonly #credentials: Credentials
  readonly #onGrant: () => void
  /** HTTP requests that wait for their reply, by channel. */
  readonly #waiting = new Map<string, (answer: RequestAnswer) => void>()
  #last: Promise<void> = Promise.resolve()

  constructor(sockets: Sockets, credentials: Credentials, onGrant: () => void) {
    this.#sockets = sockets
    this.#credentials = credentials
    this.#onGrant = onGrant
  }

  /** The answer that will be delivered to this channel. */
  answerTo(channel: string): Promise<RequestAnswer> {
    return new Promise((resolve) => this.#waiting.set(channel, resolve))
  }

  /** `welcome` is said before the rest: nothing reaches a session before it. */
  deliver(taken: Taken, welcome?: (view: RegistryView | null) => void): Promise<void> {
    const { registry } = taken
    const shown = welcome !== undefined || taken.sends.some((send) => SHOWS_STATE[send.s])
    this.#last = this.#last
      .then(async () => {
        const view = shown && registry.status === 'founded' ? await this.#credentials.view(registry) : null
        welcome?.(view)
        for (const send of taken.sends) this.#say(send, registry, view)
      })
      .catch((error) => console.error('delivery failed', error))
    return this.#last
  }

  #say(send: RegistrySend, registry: Registry, view: RegistryView | null): void {
    switch (send.s) {
      case 'reply':
        this.#reply(send.to, send.outcome, view)
        break
      case 'broadcast':
        if (view !== null) this.#sockets.broadcast({ t: 'state', state: view })
        break
      case 'state':
        if (view !== null) this.#sockets.send(send.session, { t: 'state', state: view })
        break
      case 'heard':
        if (registry.status === 'absent') break
        this.#sockets.send(send.session, { t: 'heard', report: send.report, version: registry.version })
        break
      case 'sessionClosed':
        this.#sockets.broadcast({ t: 'sessionClosed', node: send.node })
        break
      case 'closeSession':
        this.#sockets.close(send.session, CLOSE[send.why], CLOSED[send.why])
        break
      case 'directory':
        this.#onGrant()
        break
      default:
        unreachable(send)
    }
  }

  #reply(to: RequestRef, outcome: Outcome, view: RegistryView | null): void {
    const waiting = this.#waiting.get(to.channel)
    if (waiting !== undefined) {
      this.#waiting.delete(to.channel)
      waiting(answerOf(outcome, view))
    } else this.#sockets.send(to.channel, replyOf(to.request, outcome, view))
  }
}

export function answerOf(outcome: Outcome, view: RegistryView | null): RequestAnswer {
  return outcome.ok ? { ok: true, state: view } : { ...outcome, state: view }
}

export function replyOf(request: number, outcome: Outcome, view: RegistryView | null): FromAuthority {
  const answer = answerOf(outcome, view)
  if (!answer.ok) return { t: 'reply', request, ...answer }
  const { state } = answer
  if (state === null) throw new Error('a node was granted something without a state')
  return { t: 'reply', request, ok: true, state }
}
