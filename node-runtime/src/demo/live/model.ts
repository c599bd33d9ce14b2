/** What the live view shows, gathered from the nodes' status, their events and the load. */
import type { ClusterView } from '../node-status.ts'

export type Lamp = 'up' | 'frozen' | 'down' | 'starting'

export interface NodeLine {
  readonly node: string
  readonly site: string
  readonly role: string
  readonly lamp: Lamp
  readonly height: number | null
}

export interface ClusterLine extends ClusterView {
  readonly nodes: readonly NodeLine[]
}

export interface SwitchLine {
  readonly atMs: number
  readonly cluster: string
  readonly node: string
  readonly epoch: number
  /** Since the fault that a key caused; null when none did. */
  readonly afterMs: number | null
}

export interface LiveModel {
  readonly folder: string
  readonly height: number
  readonly perSecond: number
  readonly acknowledged: number
  readonly failed: number
  readonly inFlight: number
  readonly clusters: readonly ClusterLine[]
  readonly switches: readonly SwitchLine[]
  /** Index of the cluster that the keys act on. */
  readonly selected: number
  readonly message: string
}
