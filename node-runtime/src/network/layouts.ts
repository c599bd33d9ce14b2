/** The layouts of ARCHITECTURE: who stands where, so that a lost site stalls the chain as little as possible. */
import { BatonError } from '@baton/shared/errors'
import type { ClusterPlan } from './plan.ts'

export const LAYOUTS = ['two-company', 'four-company', 'custom'] as const
export type LayoutName = (typeof LAYOUTS)[number]

export interface LayoutOptions {
  readonly layout: LayoutName
  readonly clusters?: readonly string[]
  readonly sites?: readonly string[]
  readonly nodesPerCluster: number
}

/**
 * Node n1 (founder) at home, n2 (preferred standby) at the next site, n3 where the layout says, and so on.
 * @throws BatonError BAD_REQUEST when sites or clusters do not fit the layout
 */
export function planLayout({ layout, clusters, sites, nodesPerCluster }: LayoutOptions): ClusterPlan[] {
  switch (layout) {
    case 'two-company':
      return place(names(clusters, 4, layout), names(sites, 2, layout, ['x', 'y']), nodesPerCluster)
    case 'four-company':
      return place(names(clusters, 8, layout), names(sites, 4, layout, ['w', 'x', 'y', 'z']), nodesPerCluster)
    case 'custom':
      if (clusters === undefined || sites === undefined) {
        throw new BatonError('BAD_REQUEST', 'the custom layout needs --clusters and --sites', {
          remedy: 'for example: --clusters c1,c2,c3,c4 --sites x,y',
        })
      }
      return place(clusters, sites, nodesPerCluster)
  }
}

/**
 * Clusters are dealt to sites in equal runs (c1, c2 to the first site, c3, c4 to the second). With two sites the nodes alternate:
 * home, other, home. With more they go round the ring: home, next, the one after.
 */
function place(clusters: readonly string[], sites: readonly string[], nodesPerCluster: number): ClusterPlan[] {
  const perSite = Math.ceil(clusters.length / sites.length)
  return clusters.map((cluster, at) => {
    const home = Math.floor(at / perSite)
    const nodes = Array.from({ length: nodesPerCluster }, (_, index) => ({
      node: `${cluster}-n${index + 1}`,
      site: sites[(home + index) % sites.length]!,
      // The founder and its standby before the ordinary nodes: mastership stays in the pair while one of them lives.
      priority: index === 0 ? 90 : index === 1 ? 100 : 50,
    }))
    return { cluster, nodes }
  })
}

function names(
  given: readonly string[] | undefined,
  count: number,
  layout: LayoutName,
  fallback = Array.from({ length: count }, (_, index) => `c${index + 1}`),
): readonly string[] {
  if (given === undefined) return fallback
  if (given.length === count) return given
  throw new BatonError(
    'BAD_REQUEST',
    `the ${layout} layout has ${count} of them, not ${given.length}: ${given.join(', ')}`,
    {
      remedy: 'give that many, or use --layout custom',
    },
  )
}
