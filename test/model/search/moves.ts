/** Everything that can happen next to a cluster of real machines. */
import type { NodeId } from '@baton/shared/ids'
import { claimOf, crash, cross, hear, news, owesItsLog, restart } from '../cluster/acts.ts'
import { breakLink, commitPlace, deliver, runGuard } from '../cluster/guards.ts'
import { arrive, endRecovery } from '../cluster/registry.ts'
import { type Cluster, isLeading, NODES, place } from '../cluster/types.ts'
import { voteFor } from '../replay/records.ts'
import type { Bounds, Spent } from './bounds.ts'

export interface Move {
  /** For a person who reads a history. */
  readonly name: string
  readonly spends: keyof Spent | null
  readonly make: (cluster: Cluster) => Cluster
}

export function movesOf(cluster: Cluster, spent: Spent, bounds: Bounds): readonly Move[] {
  const moves: Move[] = []
  const may = (name: string, make: Move['make'], spends: Move['spends'] = null): void => {
    if (spends === null || spent[spends] < bounds[spends]) moves.push({ name, spends, make })
  }
  for (const node of NODES) nodeMoves(cluster, node, bounds, spent, may)
  for (const [key, queue] of cluster.wire) {
    const [from, to] = key.split('>') as [NodeId, NodeId]
    if (queue.length === 0) continue
    may(`${queue[0]!.t} ${key}`, (now) => deliver(now, from, to))
    may(`link ${from}-${to} breaks`, (now) => relink(breakLink(now, from, to), from, to), 'faults')
  }
  for (const [at, request] of cluster.requests.entries()) {
    const what = request.kind === 'claim' ? `claim of ${request.claim.node}` : `reshape of ${request.reshape.node}`
    // Nobody was heard of late: the worst that can be granted is granted.
    may(`${what} arrives`, (now) => arrive(now, now.requests[at]!, []))
  }
  const last = cluster.views.at(-1)!
  if (last.recovering) may('the end of recovery is recorded', (now) => endRecovery(now, { kind: 'height', height: 2 }))
  return moves
}

type May = (name: string, make: Move['make'], spends?: Move['spends']) => void

function nodeMoves(cluster: Cluster, node: NodeId, bounds: Bounds, spent: Spent, may: May): void {
  const at = place(cluster, node)
  if (!at.running) {
    may(`${node} starts again`, (now) => restart(now, node))
    return
  }
  may(`${node} crashes`, (now) => crash(now, node), 'faults')
  for (const view of news(cluster, node)) {
    may(`${node} hears ${view.token.epoch}/${view.version}`, (now) => hear(now, node, view))
  }
  if (seeksItsMaster(cluster, node)) may(`${node} asks to be attached`, (now) => runGuard(now, node, { i: 'timer' }))
  if (isLeading(at)) leadingMoves(cluster, node, spent, may)
  else if (owesItsLog(cluster, node)) may(`${node} has shown its log`, (now) => cross(now, node))
  if (isLeading(at) || at.guard.token.epoch >= bounds.epochs) return
  const standing = cluster.requests.some((one) => one.kind === 'claim' && one.claim.node === node)
  const known = cluster.views.findLast((view) => view.token.epoch === at.guard.token.epoch)
  if (standing || known === undefined) return
  may(`${node} claims`, (now) => claimed(now, node, known), 'claims')
}

/** It is not attached, its master runs, and what it asked is lost or answered. */
function seeksItsMaster(cluster: Cluster, node: NodeId): boolean {
  const { role } = place(cluster, node).guard
  if (role.role !== 'following' || role.attached || role.master === null || role.master === node) return false
  const asked = cluster.wire.get(`${node}>${role.master}`) ?? []
  return place(cluster, role.master).running && !asked.some((message) => message.t === 'attach')
}

function leadingMoves(cluster: Cluster, node: NodeId, spent: Spent, may: May): void {
  const at = place(cluster, node)
  const height = spent.records + 1
  may(`${node} writes`, (now) => runGuard(now, node, voteFor(height, 1), false), 'records')
  if (at.waiting.length > 0 || at.live !== at.disk) may(`${node} syncs`, (now) => commitPlace(now, node))
  if (at.guard.role.role !== 'leading') return
  const { required, suspects } = at.guard.role
  for (const peer of required.syncSet) {
    if (peer === node || suspects.has(peer)) continue
    may(
      `${node} takes ${peer} for dead`,
      (now) => runGuard(breakLink(now, node, peer), node, { i: 'dead', peer }),
      'faults',
    )
  }
  if (at.guard.role.candidates.length === 0) {
    const others = NODES.filter((peer) => peer !== node)
    may(`${node} looks for standbys`, (now) => runGuard(now, node, { i: 'candidates', nodes: others }))
  }
}

function claimed(cluster: Cluster, node: NodeId, known: Cluster['views'][number]): Cluster {
  return { ...cluster, requests: [...cluster.requests, { kind: 'claim', claim: claimOf(cluster, node, known) }] }
}

/** A link comes up again at once, and whoever follows over it attaches anew. */
function relink(cluster: Cluster, one: NodeId, other: NodeId): Cluster {
  const up = runGuard(cluster, one, { i: 'linkUp', peer: other })
  return runGuard(up, other, { i: 'linkUp', peer: one })
}
