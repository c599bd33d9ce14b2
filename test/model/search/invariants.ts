/** What must hold in every state of a cluster, whatever its machines assert by themselves. */
import { compareTokens, sameToken } from '@baton/shared/ids'
import { type Cluster, isLeading, NODES, place } from '../cluster/types.ts'

/** Every broken invariant of the step to `after`, as `RULE: what is wrong`. */
export function brokenInvariants(before: Cluster, after: Cluster): readonly string[] {
  return [
    ...after.broken,
    ...oneHolder(after),
    ...cleanGrants(after),
    ...requiredCovers(after),
    ...heldEverywhere(after),
    ...tokensRise(before, after),
  ]
}

function oneHolder({ views, places }: Cluster): readonly string[] {
  const broken: string[] = []
  for (const view of views) {
    if (views.some((other) => sameToken(view.token, other.token) && view.master !== other.master)) {
      broken.push(`RG2: epoch ${view.token.epoch} has two holders`)
    }
  }
  const leaders = [...places.values()].filter(isLeading)
  for (const one of leaders) {
    if (leaders.some((other) => other !== one && sameToken(one.guard.token, other.guard.token))) {
      broken.push(`RG2: two nodes lead at epoch ${one.guard.token.epoch}`)
    }
  }
  return broken
}

function cleanGrants({ views }: Cluster): readonly string[] {
  return views.flatMap((view, at) => {
    const last = views[at - 1]
    if (last === undefined || sameToken(view.token, last.token) || view.recovering) return []
    if (last.recovering) return ['RG6: a grant does not carry the mark']
    return last.syncSet.includes(view.master) ? [] : ['RG2: a clean grant outside the sync set']
  })
}

/** RG4: a master counts on nobody less than the registry may elect. */
function requiredCovers(cluster: Cluster): readonly string[] {
  const last = cluster.views.at(-1)!
  const { guard, running } = place(cluster, last.master)
  if (!running || guard.role.role !== 'leading' || !sameToken(guard.token, last.token)) return []
  const { required, reshaping } = guard.role
  const counted = [...required.syncSet, ...required.pending, ...(reshaping?.step === 'adding' ? [reshaping.node] : [])]
  const missing = last.syncSet.filter((node) => !counted.includes(node))
  return missing.map((node) => `RG4: ${last.master} does not count on ${node}, which may be elected`)
}

/** GU1: whoever may be elected has everything that was ever held. */
function heldEverywhere(cluster: Cluster): readonly string[] {
  const { hashes } = cluster.truth
  const end = hashes.at(-1)
  if (end === undefined) return []
  return cluster.views
    .at(-1)!
    .syncSet.filter((node) => place(cluster, node).disk.entries[hashes.length - 1]?.hash !== end)
    .map((node) => `GU1: ${node} may be elected and has not all that was held`)
}

/** EL5, RG8: what a disk has promised, what a guard promises, and what is granted, never fall. */
function tokensRise(before: Cluster, after: Cluster): readonly string[] {
  const broken: string[] = []
  for (const node of NODES) {
    const was = place(before, node)
    const is = place(after, node)
    if (compareTokens(is.disk.own.token, was.disk.own.token) < 0) broken.push(`EL5: the promise of ${node} fell`)
    if (compareTokens(is.guard.token, was.guard.token) < 0) broken.push(`EL5: the token of ${node} fell`)
    if (is.running && compareTokens(is.guard.token, is.disk.own.token) > 0)
      broken.push(`EL5: ${node} promised before it wrote`)
  }
  const [last, now] = [before.views.at(-1)!, after.views.at(-1)!]
  if (compareTokens(now.token, last.token) < 0 || now.version < last.version) broken.push('RG8: the registry fell back')
  return broken
}
