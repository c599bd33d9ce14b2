/** One cluster of real machines as one value: a registry, three guards over disks in memory, and what is on its way between them. */
import type { GuardSend } from '@baton/shared/core/guard/machine-types'
import type { GuardState } from '@baton/shared/core/guard/state'
import type { LogEntry, RequiredSet } from '@baton/shared/core/guard/types'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { Claim, Reshape } from '@baton/shared/crypto/statement-types'
import type { Hash, NodeId, Token, Version } from '@baton/shared/ids'
import type { OwnToken } from '@baton/shared/ports/node-store'

export const NODES = ['a', 'b', 'c'] as unknown as readonly [NodeId, NodeId, NodeId]

export type PeerMessage = Extract<GuardSend, { s: 'peer' }>['message']

/** What survives the process. */
export interface Disk {
  readonly own: OwnToken
  readonly required: RequiredSet | null
  /** RC3: the token to whose master this log has been given up. */
  readonly crossed: Token | null
  readonly entries: readonly LogEntry[]
}

export interface Place {
  readonly running: boolean
  /** Counts processes: part of their nonces. */
  readonly life: number
  readonly guard: GuardState
  /** What the machine has written, and what of it is synced. */
  readonly live: Disk
  readonly disk: Disk
  /** Leaves with the next commit. */
  readonly waiting: readonly GuardSend[]
}

/** What the registry recorded at one version, as far as nodes are told. */
export interface View {
  readonly token: Token
  readonly version: Version
  readonly master: NodeId
  readonly nonce: string
  readonly syncSet: readonly NodeId[]
  readonly recovering: boolean
  readonly lastClean: { readonly token: Token; readonly syncSet: readonly NodeId[] } | null
}

export type Request =
  | { readonly kind: 'claim'; readonly claim: Claim }
  | { readonly kind: 'reshape'; readonly reshape: Reshape }

/** The longest run of entries that was ever held under a mastership since `from`: their hashes, first to last. */
export interface Truth {
  readonly from: number
  readonly hashes: readonly Hash[]
}

export interface Cluster {
  readonly registry: RegistryState
  readonly places: ReadonlyMap<NodeId, Place>
  /** Messages from one node to another in order, by `from>to`. */
  readonly wire: ReadonlyMap<string, readonly PeerMessage[]>
  readonly requests: readonly Request[]
  /** Every state the registry has had, oldest first: anybody may hear of any of them, late too. */
  readonly views: readonly View[]
  readonly truth: Truth
  /** Requests that have arrived: the registry's clock, which decides nothing but who was heard of late. */
  readonly arrivals: number
  /** What broke on the way here, as `RULE: what is wrong`; an invariant of one step. */
  readonly broken: readonly string[]
}

export function place(cluster: Cluster, node: NodeId): Place {
  const found = cluster.places.get(node)
  if (found === undefined) throw new Error(`no node ${node}`)
  return found
}

export function isLeading(at: Place): boolean {
  return at.running && at.guard.role.role === 'leading'
}

export function withPlace(cluster: Cluster, node: NodeId, change: Partial<Place>): Cluster {
  const places = new Map(cluster.places).set(node, { ...place(cluster, node), ...change })
  return { ...cluster, places }
}

export function nonceOf(node: NodeId, life: number): string {
  return `${node}/${life}`
}
