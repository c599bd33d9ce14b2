/**
 * RG11: what is refused before the registry hears of it, for it does not read or does not verify. Answered with its code, and an event as
 * long as its source has not had too many (`attempts.ts`): a node that floods fills no log.
 */
import { type Failure, failure } from '@baton/shared/result'
import type { RequestAnswer, UnreadRequest } from '../authority-api.ts'
import type { Attempts } from './attempts.ts'
import { unreadEvent } from './identity-events.ts'
import type { TakenNotices } from './notices.ts'
import { type Attachment, attachmentOf, CLOSE, type Sockets } from './sockets.ts'

/** An admitted node. */
type Open = Extract<Attachment, { phase: 'open' }>

export class Refusals {
  readonly #attempts: Attempts
  readonly #sockets: Sockets

  constructor(attempts: Attempts, sockets: Sockets) {
    this.#attempts = attempts
    this.#sockets = sockets
  }

  /** What an admitted node says wrongly changes nothing, and does not cost it its session. */
  frame({ id, node }: Open, { code, why }: Failure): void {
    this.#attempts.refused(node, { event: 'frame-refused', who: node, why, code, evidence: null })
    this.#sockets.send(id, { t: 'refused', code, why })
  }

  /** More at once than may wait. The socket is to be closed after this. */
  flood(socket: WebSocket): { readonly close: number; readonly why: string } {
    const why = 'too many frames at once'
    const attachment = attachmentOf(socket)
    const isOpen = attachment.phase === 'open' && this.#sockets.has(socket)
    if (isOpen) this.frame(attachment, failure('TOO_MANY_ATTEMPTS', why))
    return { close: CLOSE.overloaded, why }
  }

  /** A claim or reshape of a session: the reply is its caller's. */
  statement({ node }: Open, { code, why }: Failure): void {
    this.#attempts.refused(node, { event: 'request-refused', who: node, why, code, evidence: null })
  }

  /** RG8. Nobody waits for an answer. */
  shown({ node }: Open, { code, why }: Failure): void {
    this.#attempts.refused(node, { event: 'shown-refused', who: node, why, code, evidence: null })
  }

  /** ID8: one event for all that one frame brought. Nobody waits for an answer. */
  notices({ node }: Open, refused: TakenNotices['refused']): void {
    const first = refused[0]?.refusal
    if (first === undefined) return
    const { code, why } = first
    this.#attempts.refused(node, {
      event: 'notice-refused',
      who: node,
      why,
      code,
      evidence: { notices: refused.length },
    })
  }

  /** Over HTTP, before anything has read it: its own code is its answer, whatever else the source has had refused. */
  unread(request: UnreadRequest, source: string): void {
    this.#attempts.refused(source, unreadEvent(request))
  }

  /** Over HTTP. `who`: whose certificate came with it; whether that node has asked is another question. */
  request(refusal: Failure, source: string, who = 'unknown'): RequestAnswer {
    const event = { event: 'request-refused', who, why: refusal.why, code: refusal.code, evidence: null } as const
    const { code, why } = this.#attempts.refused(source, event)
    return { ok: false, code, why, retryAfterMs: null, state: null }
  }
}
