/** The figures of one cluster as its authority sees it. */
import type { ClusterExplanation, ClusterStatus } from '../objects/authority-api.ts'
import type { MetricSamples, Sample } from './prometheus-text.ts'

type Read = (status: ClusterStatus, explanation: ClusterExplanation) => readonly Sample[]

/** Every gauge of the authority; nothing else names one. */
export const CLUSTER_METRICS: Readonly<Record<string, { readonly help: string; readonly read: Read }>> = {
  baton_cluster_generation: { help: 'Generation recorded', read: ({ state }) => one(state?.generation) },
  baton_cluster_epoch: { help: 'Epoch recorded', read: ({ state }) => one(state?.epoch) },
  baton_cluster_version: { help: 'Version of the registry', read: ({ state }) => one(state?.version) },
  baton_cluster_master: {
    help: '1 for the recorded master',
    read: ({ state }) => (state === null ? [] : [{ value: 1, labels: { node: state.master } }]),
  },
  baton_cluster_sync_set_nodes: { help: 'Nodes of the sync set', read: ({ state }) => one(state?.syncSet.length) },
  baton_cluster_sessions: {
    help: 'Members by the state of their session',
    read: ({ heard }) =>
      (['open', 'closed', 'none'] as const).map((session) => {
        return { value: heard.filter((member) => member.session === session).length, labels: { session } }
      }),
  },
  baton_cluster_master_heard_seconds: {
    help: 'Since the master was last heard as master; absent: not since the authority started',
    read: (_, { masterHeardMs }) => (masterHeardMs === null ? [] : one(masterHeardMs / 1_000)),
  },
  baton_cluster_can_fail_over: {
    help: '1 while a standby would be granted if the master died now',
    read: (_, { couldFailOver }) => one(Number(couldFailOver)),
  },
  baton_cluster_paused: { help: '1 while switches are paused', read: ({ state }) => flag(state?.pause) },
  baton_cluster_frozen: { help: '1 while nothing is granted', read: ({ state }) => flag(state?.frozen) },
  baton_cluster_recovering: {
    help: '1 while the cluster has not its vote records',
    read: ({ state }) => one(Number(state?.recovering ?? false)),
  },
  baton_cluster_orders: { help: 'Standing orders', read: ({ state }) => one(state?.orders.length) },
  baton_cluster_barred_nodes: { help: 'Nodes that may not be elected', read: ({ state }) => one(state?.bars.length) },
  baton_alert: {
    help: '1 while the alert stands',
    read: (_, { alerts }) => alerts.map(({ code }) => ({ value: 1, labels: { code } })),
  },
}

export function clusterSamples(status: ClusterStatus, explanation: ClusterExplanation): readonly MetricSamples[] {
  return Object.entries(CLUSTER_METRICS).map(([name, { help, read }]) => {
    return { name, help, type: 'gauge', samples: read(status, explanation) }
  })
}

function one(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ value }]
}

function flag(standing: unknown): readonly Sample[] {
  return one(Number(standing !== null && standing !== undefined))
}
