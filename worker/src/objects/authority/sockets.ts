/**
 * The sockets of an authority. They outlive the object's memory (hibernation), so what a socket is stands in its
 * attachment; the maps here are rebuilt from those.
 */
import type { NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { CONTROL_PROTOCOL, type FromAuthority } from '@baton/shared/protocol/control'

/** Each phase has only its own fields. At most 2 KB: a limit of the platform. */
export type Attachment =
  /** Waits for the proof; the challenge is valid until `expiresAt`, once. */
  | {
      readonly phase: 'challenged'
      readonly id: string
      readonly source: string
      readonly challenge: string
      readonly expiresAt: UnixMs
    }
  /** The challenge is used up; the proof is being verified. */
  | { readonly phase: 'proving'; readonly id: string; readonly source: string; readonly expiresAt: UnixMs }
  | {
      readonly phase: 'open'
      readonly id: string
      readonly node: NodeId
      readonly openedAt: UnixMs
      /** The version of the control protocol. */
      readonly protocol: number
      /** RG8: it has shown what it holds, which it may once. */
      readonly shown: boolean
    }

export const CLOSE = { refused: 4403, superseded: 4409, restore: 4410, tooLarge: 1009, overloaded: 4429 } as const

export class Sockets {
  readonly #context: DurableObjectState
  readonly #byId = new Map<string, WebSocket>()
  /** Sessions that have had their welcome: nothing may reach a node before it. */
  readonly #welcomed = new Set<string>()

  constructor(context: DurableObjectState) {
    this.#context = context
    for (const socket of context.getWebSockets()) {
      const { id, phase } = attachmentOf(socket)
      this.#byId.set(id, socket)
      if (phase === 'open') this.#welcomed.add(id)
    }
  }

  /** Open sessions, oldest first; at the start of an object those that outlived its memory. */
  open(): readonly Extract<Attachment, { phase: 'open' }>[] {
    const open = [...this.#byId.values()].map(attachmentOf).filter((attachment) => attachment.phase === 'open')
    return open.sort((a, b) => a.openedAt - b.openedAt)
  }

  get full(): boolean {
    return this.#byId.size >= LIMITS.controlSockets
  }

  has(socket: WebSocket): boolean {
    return this.#byId.get(attachmentOf(socket).id) === socket
  }

  accept(socket: WebSocket, attachment: Attachment): void {
    this.#context.acceptWebSocket(socket)
    socket.serializeAttachment(attachment)
    this.#byId.set(attachment.id, socket)
  }

  /** From now on the session gets what is broadcast. */
  welcome(id: string, message: FromAuthority): void {
    this.#welcomed.add(id)
    this.send(id, message)
  }

  send(id: string, message: FromAuthority): void {
    const socket = this.#byId.get(id)
    if (socket !== undefined) trySend(socket, JSON.stringify(message))
  }

  /** @param since the first version of the control protocol with this message: older sessions do without it (PV2) */
  broadcast(message: FromAuthority, since = CONTROL_PROTOCOL.min as number): void {
    const text = JSON.stringify(message)
    for (const id of this.#welcomed) {
      const socket = this.#byId.get(id)
      if (socket !== undefined && !(protocolOf(socket) < since)) trySend(socket, text)
    }
  }

  close(id: string, code: number, reason: string): void {
    const socket = this.#byId.get(id)
    if (socket !== undefined) this.closeSocket(socket, code, reason)
  }

  /** Also answers the close of the other side; a socket that is gone already is no error. */
  closeSocket(socket: WebSocket, code: number, reason: string): void {
    this.forget(socket)
    try {
      socket.close(code, reason)
    } catch {}
  }

  forget(socket: WebSocket): void {
    const { id } = attachmentOf(socket)
    this.#byId.delete(id)
    this.#welcomed.delete(id)
  }

  /** @param expired is given sockets whose handshake has not come to its end in time. When the next one is due, or null. */
  expire(now: number, expired: (socket: WebSocket) => void): number | null {
    let next: number | null = null
    for (const socket of [...this.#byId.values()]) {
      const attachment = attachmentOf(socket)
      if (attachment.phase === 'open') continue
      if (attachment.expiresAt <= now) expired(socket)
      else next = Math.min(next ?? attachment.expiresAt, attachment.expiresAt)
    }
    return next
  }
}

export function attachmentOf(socket: WebSocket): Attachment {
  return socket.deserializeAttachment() as Attachment
}

/** Of an open session. */
function protocolOf(socket: WebSocket): number {
  const attachment = attachmentOf(socket)
  return attachment.phase === 'open' ? attachment.protocol : 0
}

/** A socket that died is told by `webSocketClose` or `webSocketError`, not here. */
function trySend(socket: WebSocket, text: string): void {
  try {
    socket.send(text)
  } catch {}
}
