/** NW2, repair: the master table is asked for again and again, whatever was broadcast; seldom while a session brings the broadcasts. */
import type { ControlLink } from '@baton/shared/ports/control-link'

/** Each ± half: nodes that started together do not ask together. */
const EVERY_MS = 60_000
/** With a session: every so many times. Each poll is a billed call of the directory. */
const SELDOM = 5

export interface MasterPoll {
  stop(): void
}

export function masterPoll(
  control: Pick<ControlLink, 'pollMasters' | 'connected'>,
  everyMs: number = EVERY_MS,
): MasterPoll {
  let timer: NodeJS.Timeout
  let left = 1 + Math.floor(Math.random() * SELDOM)
  const wait = () => {
    timer = setTimeout(ask, everyMs * (0.5 + Math.random()))
    timer.unref()
  }
  const ask = () => {
    left -= 1
    if (!control.connected || left === 0) {
      left = SELDOM
      control.pollMasters()
    }
    wait()
  }
  wait()
  return { stop: () => clearTimeout(timer) }
}
