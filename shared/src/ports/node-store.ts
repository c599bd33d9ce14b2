/**
 * What a node keeps on disk, as the operations its machines return and the reads its driver needs. One implementation
 * over `node:sqlite` (node-runtime), one in memory (test/support); one contract suite runs over both.
 */
import type { LogEntry, LogPosition, RequiredSet } from '../core/guard/types.ts'
import type { RecordedReshape } from '../crypto/recorded-sync-set.ts'
import type { Mastership } from '../crypto/statement-types.ts'
import type { ClusterId, Hash, Height, LogIndex, NodeId, Token } from '../ids.ts'

/** The end of a compacted log: entries up to `index` are gone, their last hash and token are kept. */
export interface LogBase extends LogPosition {
  readonly token: Token
}

/** The highest token of its own cluster that a node has seen, and whose it is (EL5). */
export interface OwnToken {
  readonly token: Token
  readonly node: NodeId
}

/** Promises: on stable storage before anything that depends on them leaves the node. */
export type PromiseWrite =
  | { readonly w: 'ownToken'; readonly own: OwnToken }
  | { readonly w: 'required'; readonly required: RequiredSet }
  | { readonly w: 'entry'; readonly entry: LogEntry }
  /** Delete entries above `after` (GU3). */
  | { readonly w: 'truncate'; readonly after: LogIndex }
  /** Delete all entries and continue from `base` (a follower that caught up by blocks). */
  | { readonly w: 'resetLog'; readonly base: LogBase }
  /** The highest mastership known of a cluster, the own one included (NW1). */
  | { readonly w: 'mastership'; readonly mastership: Mastership }
  /** RC3: the authority has recorded the end of the recovery that this master began under `token`. */
  | { readonly w: 'recovered'; readonly token: Token }
  /**
   * RC3: from here on the log follows the recovering master of `token`; entries that only the last clean epoch knew may be cut, so
   * this log is no whole record any more of what the cluster signed before.
   */
  | { readonly w: 'crossed'; readonly token: Token }
  /** The newest statement about the sync set that the registry has recorded (RG8, ID4). */
  | { readonly w: 'reshape'; readonly reshape: RecordedReshape }
  /** EL6: the highest index this node has ever acknowledged at its token; `electable: false` until re-synced. */
  | { readonly w: 'resync'; readonly needed: boolean; readonly why: string }

/** Derived from decided blocks: may ride along with the next promise, costs no fsync of its own. */
export type LedgerWrite =
  | {
      readonly w: 'block'
      readonly height: Height
      readonly hash: Hash
      readonly bytes: Uint8Array
      readonly certificate: Uint8Array
      readonly result: Hash
    }
  | {
      readonly w: 'transaction'
      readonly id: Hash
      readonly height: Height
      readonly index: number
      readonly receipt: Uint8Array
    }
  | { readonly w: 'state'; readonly key: string; readonly value: Uint8Array | null }
  /** The sorted leaves of one bucket of the state tree. */
  | { readonly w: 'bucket'; readonly bucket: number; readonly leaves: Uint8Array; readonly hash: Uint8Array }
  /** Delete entries up to `base.index` and keep the base (GU6). */
  | { readonly w: 'compact'; readonly base: LogBase }

export type NodeWrite = PromiseWrite | LedgerWrite

/** What executing and proving read; synchronous, sees every write applied before. */
export interface ChainReader {
  stateValue(key: string): Uint8Array | null
  bucketLeaves(bucket: number): Uint8Array | null
  /** Hashes of all non-empty buckets, for start-up. */
  bucketHashes(): Iterable<readonly [bucket: number, hash: Uint8Array]>
  transaction(id: Hash): { readonly height: Height; readonly index: number; readonly receipt: Uint8Array } | null
  block(
    height: Height,
  ): { readonly hash: Hash; readonly bytes: Uint8Array; readonly certificate: Uint8Array; readonly result: Hash } | null
  /** Height of the last executed block, 0 before the first. */
  tip(): Height
}

export interface LogReader {
  /** Entries with `from <= index <= to` in order, as many as fit into `maxBytes`, at least one if there is one. */
  entries(from: LogIndex, to: LogIndex, maxBytes: number): readonly LogEntry[]
}

/** Everything a starting node needs to know. */
export interface StoredNode {
  readonly own: OwnToken | null
  readonly required: RequiredSet | null
  readonly base: LogBase
  /** All entries above the base, checked: hash chain unbroken. */
  readonly entries: readonly LogEntry[]
  readonly masterships: readonly Mastership[]
  readonly reshape: RecordedReshape | null
  /** The newest `recovered` and `crossed`; null before the first. */
  readonly recovered: Token | null
  readonly crossed: Token | null
  readonly resyncNeeded: boolean
  readonly resyncWhy: string
}

export interface NodeStore extends ChainReader, LogReader {
  /** Reads and checks everything; a torn or altered row is reported as `STORAGE_DAMAGED`, never skipped. */
  load(): StoredNode
  /** Applies writes in order inside the open transaction; durable after `commit`. */
  apply(writes: readonly NodeWrite[]): void
  /** One fsync for everything applied since the last commit. */
  commit(): void
  masterships(): ReadonlyMap<ClusterId, Mastership>
  close(): void
}
