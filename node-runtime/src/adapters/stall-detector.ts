/**
 * Notices that this process stood still: a long turn of the event loop, a stopped process (SIGSTOP), a suspended machine.
 * EL2: nothing may be answered from behind a stall, so the driver asks before it handles a batch; the tick only
 * covers the time when nothing arrives.
 */
import type { Instant, Ms } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'

export interface StallDetector {
  start(): void
  stop(): void
  /** How long the process has stood still beyond the threshold until now, in ms, reported once; 0 when it has not. */
  check(): number
}

export interface StallOptions {
  readonly clock: Clock
  /** A gap between two turns longer than this is a stall. */
  readonly thresholdMs: Ms
  /** Told every stall and how long it was, at its end. */
  readonly onStall: (lengthMs: number) => void
}

export function stallDetector({ clock, thresholdMs, onStall }: StallOptions): StallDetector {
  const tickMs = Math.max(5, Math.floor(thresholdMs / 4))
  let last: Instant = clock.now()
  let timer: NodeJS.Timeout | null = null

  function check(): number {
    const now = clock.now()
    const gap = now - last
    last = now
    if (timer === null || gap <= thresholdMs) return 0
    onStall(gap)
    return gap
  }

  return {
    start() {
      last = clock.now()
      timer ??= setInterval(check, tickMs).unref()
    },
    stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
    },
    check,
  }
}
