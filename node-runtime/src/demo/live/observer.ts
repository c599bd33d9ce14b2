/** Polls the nodes and turns what they say into the model of the live view. */
import type { Load } from '../load.ts'
import type { DemoNetwork } from '../network.ts'
import type { NodeProcess } from '../node-process.ts'
import { clusterViews, type Statuses } from '../node-status.ts'
import { nowMs } from '../now.ts'
import type { TimedEvent } from '../timeline.ts'
import type { Lamp, LiveModel, SwitchLine } from './model.ts'

/** The rate is over the acknowledgements of this span. */
const RATE_MS = 2_000

export class Observer {
  readonly #network: DemoNetwork
  readonly #load: Load
  readonly #folder: string
  readonly #startedAtMs = nowMs()
  /** Faults that keys caused. */
  readonly #strikes: { readonly cluster: string; readonly atMs: number }[] = []

  constructor(network: DemoNetwork, load: Load, folder: string) {
    this.#network = network
    this.#load = load
    this.#folder = folder
  }

  /** The clusters whose master a fault is about to take: their next switch is timed from now. */
  struck(clusters: readonly string[]): void {
    this.#strikes.push(...clusters.map((cluster) => ({ cluster, atMs: nowMs() })))
  }

  async look(selected: number, message: string): Promise<LiveModel> {
    const statuses = await this.#network.statuses()
    const nodes = this.#network.files.nodes
    return {
      folder: this.#folder,
      height: this.#network.timeline.height,
      perSecond: this.#perSecond(),
      acknowledged: this.#load.acknowledged.length,
      failed: this.#load.failures.length,
      inFlight: this.#load.inFlight,
      clusters: clusterViews(nodes, statuses).map((view) => ({
        ...view,
        nodes: this.#network.nodes
          .filter(({ files }) => files.cluster === view.cluster)
          .map((node) => line(node, statuses)),
      })),
      switches: timed(this.#network.timeline.promotions(this.#startedAtMs), this.#strikes),
      selected,
      message,
    }
  }

  #perSecond(): number {
    const since = nowMs() - RATE_MS
    const { acknowledged } = this.#load
    const first = acknowledged.findLastIndex(({ atMs }) => atMs < since)
    return Math.round((acknowledged.length - 1 - first) / (RATE_MS / 1000))
  }
}

/** A strike explains the first switch of its cluster after it, and no later one. */
export function timed(
  promotions: readonly Pick<TimedEvent, 'atMs' | 'cluster' | 'node' | 'epoch'>[],
  strikes: readonly { readonly cluster: string; readonly atMs: number }[],
): SwitchLine[] {
  return promotions.map(({ atMs, cluster, node, epoch }) => {
    const strike = strikes.findLast((candidate) => candidate.cluster === cluster && candidate.atMs <= atMs)
    const first = promotions.find((other) => other.cluster === cluster && other.atMs >= (strike?.atMs ?? 0))
    const afterMs = strike !== undefined && first?.atMs === atMs ? atMs - strike.atMs : null
    return { atMs, cluster, node, epoch: epoch ?? 0, afterMs }
  })
}

function line(process: NodeProcess, statuses: Statuses) {
  const { node, site } = process.files
  const status = statuses.get(node) ?? null
  return { node, site, role: status?.role ?? '', lamp: lamp(process, status !== null), height: status?.height ?? null }
}

function lamp(process: NodeProcess, answers: boolean): Lamp {
  if (process.frozen) return 'frozen'
  if (!process.running) return 'down'
  return answers ? 'up' : 'starting'
}
