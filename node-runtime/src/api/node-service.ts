/**
 * What the local HTTP API asks of a node. The daemon implements it; the tests have one in memory. Every method
 * that cannot answer throws a `BatonError`: its code decides the HTTP status.
 */
import type { QueryAnswer } from '@baton/shared/core/ledger/queries'
import type { ProvenTransaction } from '@baton/shared/core/ledger/transaction-proof'
import type { Block, Receipt } from '@baton/shared/core/ledger/types'
import type { Credential } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Epoch, Generation, Hash, Height, Jws, NetworkId, NodeId, SiteId } from '@baton/shared/ids'
import type { QuarantineView } from '@baton/shared/protocol/control'
import type { OperatorDesk } from './operator-desk.ts'

/** The master of this node's cluster as this node knows it. */
export interface MasterAddress {
  readonly node: NodeId
  /** `host:port` of its HTTP API; null when unknown. */
  readonly apiAddress: string | null
}

/** A transaction in a decided, held block. `id` is the receipt's own. */
export interface Submitted {
  readonly id: Hash
  readonly height: Height
  readonly index: number
  readonly receipt: Receipt
}

/** A block as the store has it. `certificate` decided it, encoded (`codec/certificate`). */
export interface DecidedBlock {
  readonly block: Block
  readonly certificate: Uint8Array
  /** Result hash after executing it. */
  readonly result: Hash
}

export type { ProvenTransaction, QueryAnswer }

export type NodeRole = 'master' | 'standby' | 'ordinary' | 'starting' | 'stopped'

/** `GET /v1/status`. Durations in ms; null means unknown. */
export interface NodeStatus {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly node: NodeId
  readonly site: SiteId
  readonly version: string
  readonly role: NodeRole
  readonly generation: Generation
  readonly epoch: Epoch
  readonly master: MasterAddress | null
  readonly syncSet: readonly NodeId[]
  readonly height: Height
  readonly blockHash: Hash | null
  readonly resultHash: Hash | null
  readonly durableIndex: number
  readonly heldIndex: number
  readonly electable: boolean
  readonly stalled: boolean
  readonly resync: string | null
  /** RG9: why this node is barred from election; null: it is not. */
  readonly quarantine: QuarantineView | null
  readonly authority: { readonly connected: boolean; readonly heardMsAgo: number | null }
  /** Who keeps the registry of the cluster: the authority at the edge, or a majority of its members (MJ1). Out of reach, a failover waits. */
  readonly arbiter: { readonly kind: 'edge' | 'majority'; readonly inReach: boolean }
  /** `programs`: linked peers by the version of their program; `unknown` is older than this could be told. */
  readonly peers: {
    readonly connected: number
    readonly configured: number
    readonly programs: Readonly<Record<string, number>>
  }
  readonly mempool: number
  readonly uptimeMs: number
  readonly residentBytes: number
}

/** `/health`: reasons is empty exactly when healthy. */
export interface Health {
  readonly healthy: boolean
  readonly reasons: readonly { readonly code: string; readonly why: string }[]
}

/** Where clients reach a node, as it says itself. */
export interface KnownNode {
  readonly cluster: ClusterId
  readonly node: NodeId
  /** `host:port`. */
  readonly apiAddress: string
}

/** The credential proves who is master (NW1); the address is a hint, null when unknown. */
export interface KnownMaster {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly recovering: boolean
  readonly apiAddress: string | null
  readonly credential: Credential
}

/** `GET /v1/masters`: what finds a master while the edge is away. */
export interface MastersAnswer {
  readonly network: NetworkId
  /** Sorted by cluster; the highest token this node knows of each. */
  readonly masters: readonly KnownMaster[]
  readonly nodes: readonly KnownNode[]
  /** What owners have signed about keys since genesis; not said: nothing (ID1). */
  readonly notices?: readonly Jws[]
}

export interface NodeService {
  /** MJ1: where operators of the cluster are answered; null: at the authentication node. */
  readonly operators: OperatorDesk | null
  /**
   * Resolves when the transaction is in a decided block held by the cluster's required set, on this node or through
   * its master. A transaction executed before resolves with its first receipt. A receipt with `ok: false` resolves too.
   * @throws BatonError TRANSACTION_MALFORMED, TRANSACTION_SIGNATURE, TRANSACTION_NETWORK, MEMPOOL_FULL,
   * NOT_MASTER (it could not be forwarded), NOT_HELD (unknown outcome: ask again with the same bytes)
   */
  submit(transaction: Uint8Array): Promise<Submitted>
  /** For the header `x-baton-master`; null while no master is known. */
  master(): MasterAddress | null
  masters(): MastersAnswer
  /** Null when no decided block on this node has it. */
  transaction(id: Hash): ProvenTransaction | null
  block(height: Height | 'latest'): DecidedBlock | null
  /** @throws BatonError BAD_REQUEST for a path the application does not know */
  query(path: string): QueryAnswer
  status(): NodeStatus
  health(): Health
  /** True while this node may act as its cluster's master / is a member of the sync set that is not the master. */
  isMaster(): boolean
  isStandby(): boolean
  /** Prometheus text format. */
  metrics(): Promise<string>
}
