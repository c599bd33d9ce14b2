/** Keeps dialling one peer until there is a link: at once, then with doubling, jittered pauses. */
import type { RefusedLink } from '@baton/shared/ports/peer-links'
import { REDIAL_MS } from './constants.ts'
import type { OpenedSocket } from './link.ts'
import type { DialResult } from './outbound.ts'

export interface DialerOptions {
  readonly attempt: (signal: AbortSignal) => Promise<DialResult>
  readonly onOpened: (opened: OpenedSocket) => void
  readonly onRefused: (refused: RefusedLink) => void
}

export class Dialer {
  readonly #options: DialerOptions
  readonly #stop = new AbortController()
  #pauseMs = 0
  #openedAt = Number.NEGATIVE_INFINITY
  #waiting: NodeJS.Timeout | null = null
  #dialling = false

  constructor(options: DialerOptions) {
    this.#options = options
  }

  /** Dials at once; call it again when the link it opened is gone. A link that lived briefly is no reason to hurry. */
  dial(): void {
    if (performance.now() - this.#openedAt < REDIAL_MS.max) this.#dialLater()
    else {
      this.#pauseMs = 0
      this.#dialNow()
    }
  }

  stop(): void {
    this.#stop.abort()
    if (this.#waiting !== null) clearTimeout(this.#waiting)
  }

  #dialNow(): void {
    if (!this.#dialling && this.#waiting === null && !this.#stop.signal.aborted) void this.#attempt()
  }

  async #attempt(): Promise<void> {
    this.#dialling = true
    const attempt = await this.#options.attempt(this.#stop.signal)
    this.#dialling = false
    if (this.#stop.signal.aborted) {
      if (attempt.result === 'opened') attempt.opened.webSocket.terminate()
      return
    }
    if (attempt.result === 'opened') {
      this.#openedAt = performance.now()
      this.#options.onOpened(attempt.opened)
      return
    }
    if (attempt.result === 'refused') this.#options.onRefused(attempt.refused)
    this.#dialLater()
  }

  #dialLater(): void {
    if (this.#waiting !== null || this.#stop.signal.aborted) return
    this.#pauseMs = Math.min(Math.max(REDIAL_MS.first, this.#pauseMs * 2), REDIAL_MS.max)
    this.#waiting = setTimeout(
      () => {
        this.#waiting = null
        this.#dialNow()
      },
      this.#pauseMs * (0.5 + Math.random()),
    )
  }
}
