/** Every metric a node exports. Documentation and tests read this table; nothing else names a metric. */

export interface Metric {
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Upper bounds of a histogram, in its unit. */
  readonly buckets?: readonly number[]
}

const LATENCY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
const DISK = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1] as const

export const METRICS = {
  // mastership
  baton_role: { type: 'gauge', help: '1 for the role this node has now', labels: ['role'] },
  baton_generation: { type: 'gauge', help: 'Generation of the highest token known', labels: [] },
  baton_epoch: { type: 'gauge', help: 'Epoch of the highest token known', labels: [] },
  baton_electable: { type: 'gauge', help: '1 while this node may be elected', labels: [] },
  baton_stalled: { type: 'gauge', help: '1 while this master can hold nothing', labels: [] },
  baton_switches_total: { type: 'counter', help: 'Changes of master seen', labels: [] },
  baton_claims_total: { type: 'counter', help: 'Claims made by this node, by outcome', labels: ['outcome'] },
  baton_certificate_expires_seconds: {
    type: 'gauge',
    help: 'Unix time at which the certificate of this node expires',
    labels: [],
  },
  baton_alert: { type: 'gauge', help: '1 while the alert stands', labels: ['code'] },

  // replication
  baton_log_durable_index: { type: 'gauge', help: 'Last log entry on stable storage here', labels: [] },
  baton_log_held_index: { type: 'gauge', help: 'Last log entry held by the required set', labels: [] },
  baton_sync_set_nodes: { type: 'gauge', help: 'Nodes in the sync set', labels: [] },
  baton_commit_seconds: {
    type: 'histogram',
    help: 'Time of a group commit, its fsync included',
    labels: [],
    buckets: DISK,
  },

  // chain
  baton_height: { type: 'gauge', help: 'Last executed height', labels: [] },
  baton_blocks_total: { type: 'counter', help: 'Blocks executed since the start', labels: [] },
  baton_transactions_total: { type: 'counter', help: 'Transactions executed since the start', labels: ['result'] },
  baton_submissions_total: {
    type: 'counter',
    help: 'Transactions given to this node, by outcome',
    labels: ['outcome'],
  },
  baton_submission_seconds: {
    type: 'histogram',
    help: 'From receiving a transaction to its acknowledgement',
    labels: [],
    buckets: LATENCY,
  },
  baton_mempool_transactions: { type: 'gauge', help: 'Transactions waiting', labels: [] },
  baton_mempool_bytes: { type: 'gauge', help: 'Bytes of transactions waiting', labels: [] },
  baton_rounds_total: { type: 'counter', help: 'Consensus rounds begun', labels: [] },
  baton_evidence_total: { type: 'counter', help: 'Conflicting signed messages seen', labels: ['cluster'] },

  // links
  baton_peers_connected: { type: 'gauge', help: 'Open peer links', labels: [] },
  baton_peer_links_opened_total: { type: 'counter', help: 'Peer links opened', labels: [] },
  baton_peer_links_closed_total: { type: 'counter', help: 'Peer links closed, by reason', labels: ['reason'] },
  baton_peer_links_refused_total: { type: 'counter', help: 'Peer links not made, by reason', labels: ['reason', 'by'] },
  baton_peer_sent_bytes_total: { type: 'counter', help: 'Bytes of frames sent to peers', labels: [] },
  baton_peer_received_bytes_total: { type: 'counter', help: 'Bytes of frames received from peers', labels: [] },
  baton_authority_connected: { type: 'gauge', help: '1 while a session with the authority is open', labels: [] },
  baton_arbiter_reachable: {
    type: 'gauge',
    help: '1 while whoever keeps the registry of the cluster is in reach: the authority, or a majority of the members',
    labels: [],
  },

  // this process
  baton_rejected_inputs_total: { type: 'counter', help: 'Inputs that changed nothing, by code', labels: ['code'] },
  baton_stall_seconds: {
    type: 'histogram',
    help: 'Times this process stood still beyond the threshold',
    labels: [],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  },
  baton_process_resident_bytes: { type: 'gauge', help: 'Resident memory', labels: [] },
  baton_process_cpu_seconds_total: { type: 'counter', help: 'Processor time used, user and system', labels: [] },
  baton_process_uptime_seconds: { type: 'gauge', help: 'Since the process started', labels: [] },
  baton_build_info: { type: 'gauge', help: '1, with the version of this program', labels: ['version'] },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof METRICS
type OfType<Type extends Metric['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never
}[MetricName]
export type GaugeName = OfType<'gauge'>
export type CounterName = OfType<'counter'>
export type HistogramName = OfType<'histogram'>

/** Exactly the labels of the table; left out when there are none. */
export type LabelArguments<Name extends MetricName> = (typeof METRICS)[Name]['labels'] extends readonly []
  ? []
  : [labels: Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>]
