/**
 * The two-company layout: c1 and c2 belong to site X, c3 and c4 to site Y. Each has its master and an ordinary node at
 * home and its standby at the other site, so a lost site takes two masters and two standbys with it.
 */
export interface PlacedNode {
  readonly node: string
  readonly cluster: string
  readonly site: string
  readonly configFile: string
  readonly dataFolder: string
  /** `host:port` of its HTTP API. */
  readonly apiAddress: string
}

export interface Place {
  readonly node: string
  readonly site: string
  /** EL4: higher stands first, so the other site's node becomes standby. */
  readonly priority: number
}

export interface ClusterLayout {
  readonly cluster: string
  readonly home: string
  /** The first is the founder. */
  readonly nodes: readonly Place[]
}

export const SITES = ['x', 'y'] as const

/** @param nodesPerCluster 3 in the demo; the bench also measures 1 (no standby) and 2 (no ordinary node) */
export function twoCompanies(nodesPerCluster: number): ClusterLayout[] {
  return ['c1', 'c2', 'c3', 'c4'].map((cluster, index) => {
    const home = index < 2 ? 'x' : 'y'
    const away = home === 'x' ? 'y' : 'x'
    const places: Place[] = [
      { node: `${cluster}-${home}1`, site: home, priority: 1 },
      { node: `${cluster}-${away}1`, site: away, priority: 2 },
      { node: `${cluster}-${home}2`, site: home, priority: 0 },
    ]
    return { cluster, home, nodes: places.slice(0, nodesPerCluster) }
  })
}
