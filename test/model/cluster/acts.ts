/** What the nodes do around their guards: they learn of grants and versions, die, and come back (EL5, RG2, RC3). */
import type { Claim } from '@baton/shared/crypto/statement-types'
import { compareTokens, type NodeId, sameToken, type Token } from '@baton/shared/ids'
import { breakLink, emptyPlace, lose, openGuard, policyOf, runGuard } from './guards.ts'
import { founded, foundRegistry, viewOf } from './registry.ts'
import { type Cluster, NODES, nonceOf, type Place, place, type View, withPlace } from './types.ts'

/** `a` leads alone at epoch 1; the others have heard of it and are not attached. */
export function foundCluster(): Cluster {
  const registry = foundRegistry()
  const view = viewOf(founded(registry))
  const [a, b, c] = NODES
  const places = new Map(NODES.map((node) => [node, emptyPlace(node, a, view.token)]))
  const none = { wire: new Map(), requests: [], arrivals: 0, broken: [], truth: { from: 1, hashes: [] } }
  let cluster: Cluster = { registry, places, views: [view], ...none }
  const { token, version, syncSet } = view
  cluster = runGuard(cluster, a, { i: 'lead', token, syncSet, version, nonce: nonceOf(a, 1) })
  for (const node of [b, c])
    cluster = lose(runGuard(cluster, node, { i: 'follow', token, master: a, across: false }), node, a)
  return cluster
}

/** EL5: a grant of a higher epoch; the node's disk has it before anything else happens. */
export function learn(cluster: Cluster, node: NodeId, view: View): Cluster {
  const at = place(cluster, node)
  const { token, master, syncSet, version } = view
  const cuts = crosses(cluster, node, at, view)
  const owes = view.recovering && master !== node
  const crossed = cuts && !owes && !isOwn(node, at, view) ? token : at.live.crossed
  const own = { token, node: master }
  const promised = withPlace(cluster, node, { live: { ...at.live, own, crossed } })
  if (isOwn(node, at, view)) return runGuard(promised, node, { i: 'lead', token, syncSet, version, nonce: view.nonce })
  return runGuard(promised, node, { i: 'follow', token, master: owes ? null : master, across: cuts })
}

/** Only the process that claimed becomes master. */
function isOwn(node: NodeId, at: Place, view: View): boolean {
  return view.master === node && view.nonce === nonceOf(node, at.life)
}

/** Between the two logs lies a recovering grant, or one that this node has missed and cannot exclude. */
function crosses(cluster: Cluster, node: NodeId, at: Place, view: View): boolean {
  return view.recovering || view.token.epoch > at.guard.token.epoch + 1 || owesItsLog(cluster, node)
}

/** RC3: it has promised a recovering epoch, and has not shown its log to the master of that yet. */
export function owesItsLog(cluster: Cluster, node: NodeId): boolean {
  const { own, crossed } = place(cluster, node).live
  if (own.node === node || (crossed !== null && sameToken(crossed, own.token))) return false
  return grantOf(cluster, own.token).recovering
}

/** Its log has been shown: from here on it may be cut. */
export function cross(cluster: Cluster, node: NodeId): Cluster {
  const at = place(cluster, node)
  const { token, node: master } = at.live.own
  const marked = withPlace(cluster, node, { live: { ...at.live, crossed: token } })
  return runGuard(marked, node, { i: 'follow', token, master, across: true })
}

/** The grant under which an epoch began. */
export function grantOf(cluster: Cluster, token: Token): View {
  const view = cluster.views.find((one) => sameToken(one.token, token))
  if (view === undefined) throw new Error(`epoch ${token.epoch} was never granted`)
  return view
}

/** What a node may hear: a grant above what it promised, or, leading, a higher version of its own epoch. */
export function news(cluster: Cluster, node: NodeId): readonly View[] {
  const at = place(cluster, node)
  if (!at.running) return []
  const { guard } = at
  return cluster.views.filter((view) => {
    const order = compareTokens(view.token, guard.token)
    if (order !== 0) return order > 0 && grantOf(cluster, view.token) === view
    return guard.role.role === 'leading' && view.version > guard.role.required.version
  })
}

export function hear(cluster: Cluster, node: NodeId, view: View): Cluster {
  if (compareTokens(view.token, place(cluster, node).guard.token) > 0) return learn(cluster, node, view)
  const { token, version, syncSet } = view
  return runGuard(cluster, node, { i: 'registry', token, version, syncSet })
}

/** A claim of the epoch after the one a node promised, against a version it knows of. */
export function claimOf(cluster: Cluster, node: NodeId, view: View): Claim {
  const evidence =
    view.master === node
      ? ({ kind: 'own' } as const)
      : view.syncSet.includes(node)
        ? ({ kind: 'silence', forMs: 1_000 } as const)
        : ({ kind: 'lost', forMs: 1_000 } as const)
  return {
    network: 'testnet',
    cluster: 'c1',
    generation: view.token.generation,
    epoch: view.token.epoch + 1,
    version: view.version,
    node,
    nonce: nonceOf(node, place(cluster, node).life),
    evidence,
    durableIndex: 0,
    coming: null,
  } as never
}

/** The process dies with what it has not synced; its links break. */
export function crash(cluster: Cluster, node: NodeId): Cluster {
  let after = withPlace(cluster, node, { running: false, live: place(cluster, node).disk, waiting: [] })
  for (const peer of NODES) if (peer !== node) after = breakLink(after, node, peer)
  return after
}

/** RG2: a master goes on if it finds its required set and no higher token; else the node follows whom it promised. */
export function restart(cluster: Cluster, node: NodeId): Cluster {
  const { disk, life } = place(cluster, node)
  const { own, required, crossed } = disk
  const up = withPlace(cluster, node, { running: true, life: life + 1, guard: openGuard(policyOf(node), disk) })
  if (own.node === node && required !== null && sameToken(required.token, own.token)) {
    const resumed = runGuard(up, node, { i: 'resume', required, nonce: nonceOf(node, life + 1) })
    return required.pending.length === 0 ? resumed : runGuard(resumed, node, { i: 'authorityUp' })
  }
  const across = crossed !== null && sameToken(crossed, own.token)
  const master = owesItsLog(up, node) ? null : own.node
  return runGuard(up, node, { i: 'follow', token: own.token, master, across })
}
