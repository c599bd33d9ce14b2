/**
 * What happened when, from the nodes' own log events; all times are Unix ms with a fraction, taken on one machine.
 * The event names stand only in this file.
 */
import type { NodeFiles } from '../network/init.ts'
import type { LoggedEvent } from './node-process.ts'

const SUSPICION: ReadonlySet<string> = new Set(['suspected', 'claiming'])
const GRANT: ReadonlySet<string> = new Set(['granted', 'promoted'])
const RECOVERED: ReadonlySet<string> = new Set(['recovery-ended'])
const DECIDED = 'decided'
/** Kept for the figures and the live view; `decided` is only counted. */
const EVENTS_KEPT = 10_000

export interface TimedEvent {
  readonly name: string
  readonly atMs: number
  readonly node: string
  readonly cluster: string
  readonly epoch: number | undefined
  /** A master that goes on after its own restart, under its old epoch: no switch. */
  readonly resumed: boolean
}

export class Timeline {
  readonly #events: TimedEvent[] = []
  /** First time that any node decided the height. */
  readonly #decidedAt = new Map<number, number>()
  #height = 0

  record(placed: NodeFiles, logged: LoggedEvent): void {
    if (logged.event === DECIDED) {
      if (typeof logged.height === 'number') this.#decided(logged.height, logged.at)
      return
    }
    this.#events.push({
      name: logged.event,
      atMs: logged.at,
      node: placed.node,
      cluster: placed.cluster,
      epoch: typeof logged.epoch === 'number' ? logged.epoch : undefined,
      resumed: logged.resumed === true,
    })
    if (this.#events.length > EVENTS_KEPT) this.#events.shift()
  }

  get height(): number {
    return this.#height
  }

  get events(): readonly TimedEvent[] {
    return this.#events
  }

  decidedAtMs(height: number): number | undefined {
    return this.#decidedAt.get(height)
  }

  /** Time of the first suspicion or claim in the cluster after `sinceMs`. */
  detectedAtMs(cluster: string, sinceMs: number): number | undefined {
    return this.#first(cluster, SUSPICION, sinceMs)?.atMs
  }

  /** Time at which a node of the cluster learnt that it was granted `epoch`. */
  grantedAtMs(cluster: string, epoch: number, sinceMs: number): number | undefined {
    return this.#first(cluster, GRANT, sinceMs, epoch)?.atMs
  }

  /** When a recovering master of the cluster was told that it may vote again under `epoch`. */
  recoveredAtMs(cluster: string, epoch: number): number | undefined {
    return this.#first(cluster, RECOVERED, 0, epoch)?.atMs
  }

  /** The highest epoch that a node of the cluster was granted within the span. */
  epochAfter(cluster: string, fromMs: number, toMs: number): number | undefined {
    const epochs = this.#events
      .filter((event) => event.cluster === cluster && GRANT.has(event.name))
      .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
      .map(({ epoch }) => epoch)
      .filter((epoch) => epoch !== undefined)
    return epochs.length === 0 ? undefined : Math.max(...epochs)
  }

  /** Whether a node of the cluster has become its master under a later epoch than this one. */
  isPromotedAbove(cluster: string, epoch: number): boolean {
    return this.promotions(0).some((event) => event.cluster === cluster && (event.epoch ?? 0) > epoch)
  }

  /** Switches in order: every one that no fault explains is one too many. */
  promotions(sinceMs: number): TimedEvent[] {
    return this.#events.filter(({ name, atMs, resumed }) => name === 'promoted' && !resumed && atMs >= sinceMs)
  }

  /** The first block decided after `sinceMs` that was not decided before. */
  nextDecision(sinceMs: number): { readonly height: number; readonly atMs: number } | undefined {
    let next: { height: number; atMs: number } | undefined
    for (const [height, atMs] of this.#decidedAt) {
      if (atMs > sinceMs && (next === undefined || atMs < next.atMs)) next = { height, atMs }
    }
    return next
  }

  /** The longest time between two decisions within the span; the span's ends count as decisions. */
  longestGapMs(fromMs: number, toMs: number): number {
    const times = [...this.#decidedAt.values()].filter((atMs) => atMs > fromMs && atMs < toMs).sort((a, b) => a - b)
    return [...times, toMs].reduce(
      ({ last, longest }, atMs) => ({ last: atMs, longest: Math.max(longest, atMs - last) }),
      { last: fromMs, longest: 0 },
    ).longest
  }

  #first(cluster: string, names: ReadonlySet<string>, sinceMs: number, epoch?: number): TimedEvent | undefined {
    return this.#events
      .filter((event) => event.cluster === cluster && names.has(event.name) && event.atMs >= sinceMs)
      .filter((event) => epoch === undefined || event.epoch === epoch)
      .sort((a, b) => a.atMs - b.atMs)[0]
  }

  #decided(height: number, atMs: number): void {
    const known = this.#decidedAt.get(height)
    if (known === undefined || atMs < known) this.#decidedAt.set(height, atMs)
    this.#height = Math.max(this.#height, height)
  }
}
