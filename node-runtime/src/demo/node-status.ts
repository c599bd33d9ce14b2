/** What the demo asks its nodes over their HTTP API. */
import type { NodeStatus } from '../api/node-service.ts'
import type { NodeFiles } from '../network/init.ts'

const ANSWER_MS_MAX = 2_000

/** Null for a node that does not answer in time: dead, frozen, or not up yet. */
export async function readStatus(node: NodeFiles): Promise<NodeStatus | null> {
  try {
    const url = `http://${node.apiAddress}/v1/status`
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    return response.ok ? ((await response.json()) as NodeStatus) : null
  } catch {
    return null
  }
}

export type Statuses = ReadonlyMap<string, NodeStatus | null>

export async function readStatuses(nodes: readonly NodeFiles[]): Promise<Statuses> {
  return new Map(await Promise.all(nodes.map(async (node) => [node.node, await readStatus(node)] as const)))
}

export interface ClusterView {
  readonly cluster: string
  /** The highest epoch any of its nodes tells, and who is master under it; null while nobody says so. */
  readonly epoch: number
  readonly master: string | null
  readonly syncSet: readonly string[]
}

/** Each cluster as its own master describes it; one without a living master as its highest-epoch node does. */
export function clusterViews(nodes: readonly NodeFiles[], statuses: Statuses): ClusterView[] {
  const clusters = [...new Set(nodes.map(({ cluster }) => cluster))]
  return clusters.map((cluster) => {
    const told = nodes
      .filter((node) => node.cluster === cluster)
      .map(({ node }) => statuses.get(node) ?? null)
      .filter((status) => status !== null)
    const epoch = Math.max(0, ...told.map((status) => status.epoch))
    const master = told.find((status) => status.role === 'master' && status.epoch === epoch)
    const best = master ?? told.find((status) => status.epoch === epoch)
    return { cluster, epoch, master: master?.node ?? null, syncSet: best?.syncSet ?? [] }
  })
}

/** The height that every node is at with the same block and result, or undefined. */
export function agreedHeight(statuses: Statuses): number | undefined {
  const [first, ...others] = statuses.values()
  if (first === undefined || first === null) return undefined
  const same = others.every(
    (status) =>
      status?.height === first.height && status.blockHash === first.blockHash && status.resultHash === first.resultHash,
  )
  return same ? first.height : undefined
}
