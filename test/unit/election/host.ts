/** One host of the test world: its disk, and its process while it runs. */
import type { ElectionConfig, ElectionState, ElectionTimer, LogStatus } from '@baton/shared/core/election/types'
import { POLICY_DEFAULTS, TIMING_PRESETS } from '@baton/shared/genesis'
import type { ClusterId, Instant, LogIndex, Ms, NetworkId, NodeId, SiteId, Token, Version } from '@baton/shared/ids'
import type { OwnToken } from '@baton/shared/ports/node-store'

/** The log as a list from its end: equal ends mean equal logs. */
export interface Entry {
  readonly index: number
  readonly record: string
  readonly previous: Entry | null
}

export function entryAt(log: Entry | null, index: number): Entry | null {
  let entry = log
  while (entry !== null && entry.index > index) entry = entry.previous
  return entry
}

/** What survives a crash. Every write counts as synced. */
export interface Disk {
  own: OwnToken | null
  required: Required | null
  log: Entry | null
}

export interface Required {
  readonly token: Token
  readonly version: Version
  readonly syncSet: readonly NodeId[]
  readonly pending: readonly NodeId[]
}

export interface Leading {
  readonly token: Token
  required: Required
  readonly acknowledged: Map<NodeId, number>
  readonly ackedAt: Map<NodeId, number>
  unheldSince: number | null
  sealed: boolean
}

export interface Process {
  readonly incarnation: number
  state: ElectionState
  readonly timers: Map<ElectionTimer, () => void>
  leading: Leading | null
  session: string | null
}

export interface Host {
  readonly node: NodeId
  readonly site: SiteId
  readonly disk: Disk
  process: Process | null
  incarnations: number
  frozen: boolean
  /** Inputs that wait for a frozen process; timers come first, as in an event loop that wakes. */
  readonly waiting: { readonly timer: boolean; readonly run: () => void }[]
  /** EL6: false while this test says that the log is damaged. */
  logComplete: boolean
  noFailover: boolean
  priority: number
}

export const NETWORK = 'testnet' as NetworkId
export const CLUSTER = 'c1' as ClusterId

export function newHost(node: NodeId): Host {
  return {
    node,
    site: (node === 'b' ? 'y' : 'x') as SiteId,
    disk: { own: null, required: null, log: null },
    process: null,
    incarnations: 0,
    frozen: false,
    waiting: [],
    logComplete: true,
    noFailover: false,
    priority: 1,
  }
}

export function configOf({ node, site, priority, noFailover }: Host): ElectionConfig {
  const timing = {
    heartbeatMs: TIMING_PRESETS.lan.heartbeatMs as Ms,
    suspectAfterMs: TIMING_PRESETS.lan.suspectAfterMs as Ms,
    masterTtlMs: TIMING_PRESETS.lan.masterTtlMs as Ms,
    recoverAfterMs: POLICY_DEFAULTS.recoverAfterMs as Ms,
  }
  return { network: NETWORK, cluster: CLUSTER, node, site, priority, noFailover, ...timing }
}

export function logStatus(host: Host): LogStatus {
  const index = host.disk.log?.index ?? 0
  const cannotHoldSince = (host.process?.leading?.unheldSince ?? null) as Instant | null
  return { durableIndex: index as LogIndex, height: index, complete: host.logComplete, cannotHoldSince }
}
