/** One open link: frames out with a bounded queue, frames in, and one reason why it ended. */
import type { TLSSocket } from 'node:tls'
import { assert } from '@baton/shared/assert'
import { LIMITS } from '@baton/shared/limits'
import type { LinkCloseReason, LinkedPeer } from '@baton/shared/ports/peer-links'
import type { RawData, WebSocket } from 'ws'
import { FAREWELL_MS } from './constants.ts'

/** An upgraded WebSocket over a checked TLS socket. */
export interface OpenedSocket {
  readonly peer: LinkedPeer
  readonly webSocket: WebSocket
  readonly socket: TLSSocket
}

export interface LinkHandler {
  onMessage(frame: Uint8Array): void
  /** Once, and nothing after it. */
  onClose(reason: LinkCloseReason): void
}

const SEND_OPTIONS = { binary: true, compress: false } as const
const CLOSE_GOING_AWAY = 1_001
const CLOSE_ABNORMAL = 1_006

export class Link {
  readonly peer: LinkedPeer
  readonly #webSocket: WebSocket
  readonly #socket: TLSSocket
  readonly #handler: LinkHandler
  #gathering = false
  #ended = false

  constructor({ peer, webSocket, socket }: OpenedSocket, handler: LinkHandler) {
    this.peer = peer
    this.#webSocket = webSocket
    this.#socket = socket
    this.#handler = handler
    webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    // ws reports broken framing and frames above the limit as errors, then closes.
    webSocket.on('error', (error: Error & { code?: string }) => {
      this.#end(error.code?.startsWith('WS_ERR_') ? 'protocol' : 'lost')
    })
    webSocket.on('close', (code) => this.#end(code === CLOSE_ABNORMAL ? 'lost' : 'closed'))
    // A killed process sends a bare FIN: ws would first try to flush what is queued for it.
    socket.once('end', () => webSocket.terminate())
  }

  /** Frames are delivered from now on; the socket of an outbound link was paused until here. */
  begin(): void {
    this.#webSocket.resume()
  }

  /** False when the link has ended, or ends now because its queue is full. */
  send(frame: Uint8Array): boolean {
    assert(frame.length <= LIMITS.peerFrameBytes, `a frame of ${frame.length} bytes for ${this.peer.node}`)
    if (this.#ended) return false
    if (this.bufferedBytes() + frame.length > LIMITS.peerQueueBytes) {
      this.#end('queue-full')
      return false
    }
    this.#gather()
    this.#webSocket.send(frame, SEND_OPTIONS)
    return true
  }

  bufferedBytes(): number {
    return this.#ended ? 0 : this.#webSocket.bufferedAmount
  }

  flush(): void {
    if (!this.#gathering) return
    this.#gathering = false
    this.#socket.uncork()
  }

  close(reason: LinkCloseReason): void {
    this.#end(reason)
  }

  /** Lets the queue leave and says goodbye, but waits no longer than `FAREWELL_MS`. */
  async closeInOrder(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.flush()
    await new Promise<void>((resolve) => {
      this.#webSocket.once('close', () => resolve())
      this.#webSocket.close(CLOSE_GOING_AWAY)
      setTimeout(resolve, FAREWELL_MS).unref()
    })
    this.#webSocket.terminate()
    this.#handler.onClose('stopped')
  }

  /** Frames of one turn share a system call and mostly a TLS record: by far the largest cost of a small frame. */
  #gather(): void {
    if (this.#gathering) return
    this.#gathering = true
    this.#socket.cork()
    process.nextTick(() => this.flush())
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#ended) return
    if (!isBinary || !Buffer.isBuffer(data)) {
      this.#end('protocol')
      return
    }
    // A plain view: nothing above depends on Node's Buffer.
    this.#handler.onMessage(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }

  #end(reason: LinkCloseReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#webSocket.terminate()
    this.#handler.onClose(reason)
  }
}
