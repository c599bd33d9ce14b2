/**
 * Alerts of a node: what stands for longer than a moment is an event, a gauge and a reason in `/health`, and goes to the
 * webhook where one is configured. Nothing waits for any of it.
 */
import type { NodeEvent } from '@baton/shared/core/node/io'
import type { Instant, UnixMs } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { AlertMessage } from '@baton/shared/protocol/alert'
import type { Metrics } from '../adapters/metrics.ts'
import type { Reason, ReasonCode } from './health.ts'

export interface AlertsPorts {
  readonly network: string
  readonly cluster: string
  readonly node: string
  /** What is wrong now. */
  readonly reasons: () => readonly Reason[]
  readonly now: () => Instant
  readonly wallNow: () => UnixMs
  readonly metrics: Metrics
  readonly log: Log
  readonly post: (message: AlertMessage) => void
}

/** A link that breaks and comes back wakes nobody. */
const STANDS_MS = 3_000
/** What an event tells of stands this long after the last one. */
const LATCHED_MS = 600_000
const LOOK_MS = 1_000

export class Alerts {
  readonly #ports: AlertsPorts
  readonly #latched = new Map<ReasonCode, { readonly why: string; readonly until: Instant }>()
  readonly #since = new Map<ReasonCode, Instant>()
  readonly #raised = new Map<ReasonCode, string>()
  #timer: NodeJS.Timeout | null = null
  #count = 0

  constructor(ports: AlertsPorts) {
    this.#ports = ports
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_MS)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** For `/health`: everything at once, what events told of too. */
  reasons(): readonly Reason[] {
    const now = this.#ports.now()
    const latched = [...this.#latched].filter(([, { until }]) => now < until)
    return [...this.#ports.reasons(), ...latched.map(([code, { why }]) => ({ code, why }))]
  }

  /** An event that is an alert by itself. */
  observe(event: NodeEvent): void {
    if ('event' in event && event.event === 'recovery-ended') this.#latched.delete('recovery-stuck')
    const reason = reasonOfEvent(event)
    if (reason === null) return
    this.#latched.set(reason.code, { why: reason.why, until: (this.#ports.now() + LATCHED_MS) as Instant })
    this.#raise(reason)
  }

  /** Raises what has stood long enough, and ends what does not stand any more. */
  look(): void {
    const now = this.#ports.now()
    const standing = new Map(this.reasons().map(({ code, why }) => [code, why]))
    for (const code of [...this.#since.keys()]) if (!standing.has(code)) this.#since.delete(code)
    for (const [code, why] of standing) {
      const since = this.#since.get(code) ?? now
      this.#since.set(code, since)
      if (now - since >= STANDS_MS) this.#raise({ code, why })
    }
    for (const [code, why] of [...this.#raised]) if (!standing.has(code)) this.#clear({ code, why })
  }

  #raise({ code, why }: Reason): void {
    if (this.#raised.has(code)) return
    this.#raised.set(code, why)
    this.#ports.metrics.set('baton_alert', 1, { code })
    this.#ports.log.error({ event: 'alert-raised', code, why }, `alert ${code}: ${why}`)
    this.#post(code, why, true)
  }

  #clear({ code, why }: Reason): void {
    this.#raised.delete(code)
    this.#ports.metrics.set('baton_alert', 0, { code })
    this.#ports.log.info({ event: 'alert-ended', code }, `alert ${code} has ended`)
    this.#post(code, why, false)
  }

  #post(code: ReasonCode, why: string, raised: boolean): void {
    const { network, cluster, node, wallNow, post } = this.#ports
    const at = wallNow()
    this.#count += 1
    const id = `${network}/${cluster}/${node}/${at}/${this.#count}`
    post({ format: 'baton-alert/1', id, network, cluster, node, code, raised, why, at })
  }
}

function reasonOfEvent(event: NodeEvent): Reason | null {
  if (!('event' in event)) return null
  switch (event.event) {
    case 'recovery-stuck':
      return {
        code: 'recovery-stuck',
        why: `the chain stands at height ${event.height} until an operator ends the recovery`,
      }
    case 'differs-from-certificate':
      return {
        code: 'differs-from-network',
        why: `this node differs from the network at height ${event.height}: ${event.why}; put its program right, stop it, and run baton rebuild`,
      }
    case 'differs-from-master':
      return {
        code: 'differs-from-master',
        why: `the master of this cluster has another result of height ${event.height} than this node`,
      }
    case 'token-conflict':
      return {
        code: 'token-conflict',
        why: `two grants of one token for ${event.cluster}: ${event.nodes.join(' and ')}`,
      }
    case 'guard-damage':
      return { code: 'log-damaged', why: event.why }
    default:
      return null
  }
}
