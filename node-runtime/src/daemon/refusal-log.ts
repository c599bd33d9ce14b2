/**
 * RG11 for what a stranger, or a peer that lies, has had refused: an event of each kind and source in ten minutes, two hundred in all. The rest
 * is counted, and the count told when the window is over: nobody fills the log of a node by being wrong.
 */
import { EventBudget } from '@baton/shared/event-budget'
import { LIMITS } from '@baton/shared/limits'
import type { Clock } from '@baton/shared/ports/clock'
import type { Log } from '@baton/shared/ports/log'

export interface LoggedRefusal {
  readonly event:
    | 'request-refused'
    | 'notice-refused'
    | 'peer-message-refused'
    | 'link-refused'
    | 'operator-refused'
    | 'other-genesis'
  /** What was wrong, in one word. */
  readonly kind: string
  /** An address, the id of a peer, or the authentication node. */
  readonly source: string
  readonly code?: string
  readonly why: string
  /** What else stands in the event. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** For people; not said: what `source` has sent was refused. */
  readonly sentence?: string
}

export interface RefusalLogPorts {
  readonly log: Log
  readonly now: Clock['now']
}

const SETTLE_EVERY_MS = 60_000

export class RefusalLog {
  readonly #ports: RefusalLogPorts
  readonly #budget = new EventBudget<string>({
    told: 1,
    windowMs: LIMITS.attemptWindowMs,
    sources: LIMITS.attemptsRecorded,
  })
  #settling: NodeJS.Timeout | undefined

  constructor(ports: RefusalLogPorts) {
    this.#ports = ports
  }

  start(): void {
    this.#settling = setInterval(() => this.settle(), SETTLE_EVERY_MS)
    this.#settling.unref()
  }

  stop(): void {
    clearInterval(this.#settling)
  }

  refused({ fields = {}, sentence, ...refusal }: LoggedRefusal): void {
    const { event, kind, source, why } = refusal
    this.settle()
    const { log, now } = this.#ports
    if (!this.#budget.spend(`${event} (${kind}) of ${source}`, now())) return
    log.warn({ ...refusal, ...fields }, sentence ?? `refused what ${source} has sent: ${why}`)
  }

  /** Of the windows that are over: how much was only counted. */
  settle(): void {
    const { log, now } = this.#ports
    for (const { source, events } of this.#budget.settle(now())) {
      const of = source ?? 'others'
      log.warn({ event: 'refusals-left-out', of, events }, `${events} more times within ten minutes: ${of}`)
    }
  }
}
