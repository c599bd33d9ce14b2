/** What the invariants of a world look at, and where they say what is broken. They believe no node's word. */
import type { Registry } from '@baton/shared/core/registry/types'
import { type ClusterId, compareTokens, type NodeId, type Token } from '@baton/shared/ids'
import type { WorldAuthority } from '../authority.ts'
import type { Host } from '../host.ts'

/** By name: the rule, and what must hold. Each is checked after every event, and anew from all that is stored by `recount`. */
export type InvariantName =
  | 'RG1 one holder per token'
  | 'RG registry step'
  | 'MJ1 one line of decisions'
  | 'RG4 electable nodes have what is held'
  | 'EL5 tokens never fall'
  | 'EL6 an emptied node is not electable'
  | 'EL5 answers only under a token on disk'
  | 'EL5 signs only under the highest promised token'
  | 'NW1 known tokens never fall'
  | 'GU1 held is on every required disk'
  | 'GU2 signs only what is held'
  | 'GU2 acknowledges only what is held'
  | 'GU7 signs only with the body'
  | 'NW3 no two acts for one place'
  | 'one block per height'
  | 'one result per height'
  | 'acknowledged stays in the chain'
  | 'a transaction is in the chain once'
  | 'NW1 foreign tokens survive a switch'
  | 'NW3 a certificate has enough votes that count'
  | 'NW3 no vote of before a recovery counts'
  | 'GU7 the lock travels'
  | 'a precommit rests on a polka'
  | 'RG2 a clean master has what is held'
  | 'RG3 a master that is heard keeps its office'
  | 'RG5 required durability has two disks'
  | 'EL2 nothing is signed after a resignation'
  | 'RC1 acknowledges a recovering epoch when it is held'
  | 'RC1 a recovering cluster acknowledges nothing'
  | 'RC1 a horizon rests on two thirds'
  | 'RG6 the mark stays until the end is recorded'
  | 'RG6 recovery waits for silence'
  | 'RG8 a registry that stands still grants nobody'
  | 'RG9 a barred node is not elected'
  | 'RG10 a pause is kept'
  | 'ID4 a doubtful grant stops its node'
  | 'ID4 a doubtful grant is reported'
  | 'ID8 nothing is granted to a revoked key'
  | 'ID8 nothing is claimed under a revoked key'
  | 'ID8 nobody helps a revoked node to stand'
  | 'ID8 a revoked node is not added to the sync set'
  | 'ID8 a revoked master is ordered away'
  | 'NW audit step'
  | 'NW4 nobody healthy is found at fault'
  | 'NW5 an order rests on the threshold'
  | 'NW5 the threshold orders at once'
  | 'NW5 one order stands'
  | 'NW5 an order ends with the switch'
  | 'EL8 a living master is not switched to and fro'
  | 'EL8 a planned switch is what was asked for'
  | 'RC2 a recovering cluster signs nothing'
  | 'consensus state'
  | 'the recount agrees'
  | 'no node stops on its own assertion'

export interface Breach {
  readonly at: number
  readonly invariant: InvariantName
  readonly sentence: string
}

export interface Scene {
  readonly now: () => number
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
  readonly breach: (invariant: InvariantName, sentence: string) => void
}

/** RG8: a registry that stands still grants nobody, whatever sync set stands in it. */
export function standsStill(registry: Registry): boolean {
  return registry.status !== 'founded' || registry.frozen !== null || registry.restore !== null
}

/** The host and every node of its cluster that the registry would grant, but those whose disk was taken away. */
export function electableWith({ hosts, authorities }: Scene, host: Host): readonly Host[] {
  const { registry } = authorities.get(host.cluster)!.state
  const electable: Host[] = host.wiped ? [] : [host]
  if (registry.status !== 'founded' || standsStill(registry)) return electable
  for (const node of registry.syncSet) {
    const other = hosts.get(node)!
    if (other !== host && !other.wiped) electable.push(other)
  }
  return electable
}

/**
 * RG6: a recovering grant says that what was held before is lost to the cluster, and so does an operator that ends a restore early (the
 * next grant is recovering, RG8). Its old master, if it still runs, may call things held that no successor has; what must not be, and is
 * checked all the same, is that both sign.
 */
export function isVoid({ authorities }: Scene, cluster: ClusterId, token: Token): boolean {
  const { grants, givenUpBelow } = authorities.get(cluster)!
  if (givenUpBelow !== null && token.generation < givenUpBelow) return true
  for (let at = grants.length - 1; at >= 0; at--) {
    const grant = grants[at]!
    if (grant.recovering) return compareTokens(token, grant) < 0
  }
  return false
}
