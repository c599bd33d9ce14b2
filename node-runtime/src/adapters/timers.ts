/** Named timers over Node's: set again to replace, null to cancel. */
import type { Instant, Ms } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { Timers } from '@baton/shared/ports/timers'

interface Running {
  readonly due: Instant
  readonly handle: NodeJS.Timeout
}

export function namedTimers<Name extends string>(
  clock: Pick<Clock, 'now'>,
  onFire: (name: Name) => void,
): Timers<Name> {
  const running = new Map<Name, Running>()
  let stopped = false

  function arm(name: Name, due: Instant): void {
    const handle = setTimeout(() => fire(name), Math.max(0, due - clock.now()))
    running.set(name, { due, handle })
  }

  function fire(name: Name): void {
    const timer = running.get(name)
    if (timer === undefined) return
    // libuv counts whole milliseconds from the start of a turn and may be a fraction early.
    if (clock.now() < timer.due) {
      arm(name, timer.due)
      return
    }
    running.delete(name)
    onFire(name)
  }

  return {
    set(name: Name, after: Ms | null) {
      clearTimeout(running.get(name)?.handle)
      running.delete(name)
      if (after !== null && !stopped) arm(name, (clock.now() + after) as Instant)
    },
    stop() {
      stopped = true
      for (const { handle } of running.values()) clearTimeout(handle)
      running.clear()
    },
  }
}
