/** NW2, repair: the master table is asked for again and again, whatever was broadcast. */
import type { ControlLink } from '@baton/shared/ports/control-link'

/** Each ± half: nodes that started together do not ask together. */
const EVERY_MS = 60_000

export interface MasterPoll {
  stop(): void
}

export function masterPoll(control: Pick<ControlLink, 'pollMasters'>, everyMs: number = EVERY_MS): MasterPoll {
  let timer: NodeJS.Timeout
  const wait = () => {
    timer = setTimeout(ask, everyMs * (0.5 + Math.random()))
    timer.unref()
  }
  const ask = () => {
    control.pollMasters()
    wait()
  }
  wait()
  return { stop: () => clearTimeout(timer) }
}
