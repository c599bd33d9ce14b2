/** State of one node: its machines, and what ties them together. */

import type { KnownSyncSet, RecordedReshape } from '../../crypto/recorded-sync-set.ts'
import type { Credential, Mastership } from '../../crypto/statement-types.ts'
import type { Genesis } from '../../genesis.ts'
import type { ClusterId, Hash, Height, Instant, Jws, LogIndex, NodeId, Round, SiteId, Token } from '../../ids.ts'
import type { LogBase, OwnToken } from '../../ports/node-store.ts'

import type { OwnRecord, PolkaRecord } from '../consensus/resume.ts'
import type { ConsensusTimeouts, TimeoutKind } from '../consensus/timeouts.ts'
import type { ConsensusState } from '../consensus/types.ts'
import type { ElectionConfig, ElectionState } from '../election/types.ts'
import type { GuardPolicy, GuardState } from '../guard/state.ts'
import type { RequiredSet } from '../guard/types.ts'
import type { ChainState } from '../ledger/chain.ts'
import type { Block, CommitCertificate } from '../ledger/types.ts'
import type { BackOff } from './back-off.ts'
import type { BlockFacts } from './facts.ts'
import type { HandOver } from './hand-over.ts'
import type { NodeInput, UnsignedAct } from './io.ts'
import type { Recovery } from './recovery.ts'
import type { Verifying } from './verified.ts'

export interface CoreNodeConfig {
  readonly genesis: Genesis
  /** All clusters, sorted: the voters. */
  readonly clusters: readonly ClusterId[]
  readonly election: ElectionConfig
  readonly guard: GuardPolicy
  readonly timeouts: ConsensusTimeouts
  /** A block is proposed after this long without one (DESIGN section 9). */
  readonly heartbeatBlockMs: number
  /** Sites of the nodes of the own cluster, as far as known: catch-up asks the nearest first (GU5). */
  readonly sites: ReadonlyMap<NodeId, SiteId>
}

/** A block of an undecided or unexecuted height. */
export interface KnownBody {
  readonly block: Block
  readonly facts: BlockFacts
  /** Its entry in the own log; null while it is not there. */
  readonly logged: LogIndex | null
}

/** An own act in the log, or what a lock rests on (GU7). */
export interface LoggedAct {
  readonly index: LogIndex
  readonly record: OwnRecord | PolkaRecord
}

/** A decided height in the log that is not executed yet. */
export interface DecidedHeight {
  /** Its entry in the own log; null when the block came by catch-up. */
  readonly index: LogIndex | null
  readonly certificate: CommitCertificate
  /** Signatures of the certificate are checked (GU4). */
  readonly certified: boolean
  /** Handed to the driver for checking. */
  readonly asked: boolean
}

/** What leaves the cluster when the log is held up to `index` (GU2). */
export interface Release {
  readonly index: LogIndex
  readonly what:
    | { readonly r: 'act'; readonly act: UnsignedAct }
    | { readonly r: 'height'; readonly height: Height }
    /** RC1: the recovering token of another cluster. */
    | { readonly r: 'token'; readonly cluster: ClusterId; readonly token: Token }
    /** RC3: what was taken over from the log of this node. */
    | { readonly r: 'legacy'; readonly from: NodeId }
}

/** A `legacy` entry of the log (RC3). */
export interface LegacyMark {
  readonly part: 'begin' | 'end'
  readonly from: NodeId
  readonly height: Height
  readonly index: LogIndex
  /** The token it was written under. */
  readonly token: Token
}

/** GU5: a running catch-up by blocks. */
export interface CatchUp {
  readonly target: Height
  /** The master's log base to continue from; null when only blocks are wanted. */
  readonly base: LogBase | null
  readonly request: number
  readonly peer: NodeId
  readonly askedAt: Instant
  /** Peers that did not answer; they are asked last. */
  readonly failed: ReadonlySet<NodeId>
}

export interface NodeState {
  readonly config: CoreNodeConfig
  readonly nonceSeed: string
  /** Found on disk at start (RG2, EL5). */
  readonly storedOwn: OwnToken | null
  /** As it is on disk: of the last token under which this node led. */
  readonly required: RequiredSet | null
  readonly election: ElectionState
  readonly guard: GuardState
  readonly consensus: ConsensusState
  readonly chain: ChainState
  /** The highest mastership known of each cluster (NW1). */
  readonly masterships: ReadonlyMap<ClusterId, Mastership>
  /** Masterships that were replaced, as long as votes under them may count (`superseded.ts`). */
  readonly superseded: readonly Mastership[]
  /** Peers whose link is up, and their cluster. */
  readonly links: ReadonlyMap<NodeId, ClusterId>
  /** Of those of the own cluster: whose program cannot read every record (PV2). */
  readonly olderPeers: ReadonlySet<NodeId>
  /** The highest height each peer is known to have decided. */
  readonly heights: ReadonlyMap<NodeId, number>
  readonly bodies: ReadonlyMap<Hash, KnownBody>
  readonly acts: readonly LoggedAct[]
  /** In log order. */
  readonly legacies: readonly LegacyMark[]
  /** By height, all above the tip. */
  readonly decided: ReadonlyMap<number, DecidedHeight>
  /** Log indices of executed heights, oldest first: what may be compacted (GU6). */
  readonly executedAt: readonly { readonly height: Height; readonly index: LogIndex }[]
  readonly releases: readonly Release[]
  /** Votes and proposals of coming heights, bounded (LIMITS.heightsAhead). */
  readonly early: ReadonlyMap<number, readonly NodeInput[]>
  /** What each consensus timer was set for. */
  readonly consensusTimers: ReadonlyMap<TimeoutKind, { readonly height: Height; readonly round: Round }>
  /** Clusters whose master is gone and not replaced: their proposals are not waited for. */
  readonly leaderless: ReadonlySet<ClusterId>
  readonly catchUp: CatchUp | null
  /** The `lag` timer runs: a peer has decided more than this master. */
  readonly lagging: boolean
  /** The highest height that came as a fetched block. */
  readonly fetchedUpTo: number
  readonly counters: { readonly request: number }
  /** When the current height began on this master. */
  readonly heightSince: Instant
  /**
   * Credentials of token records in the log, by grant, until they are verified (NW1, ID4). No height begins before: a master must not
   * judge or count by older tokens than its cluster has acknowledged (RC1).
   */
  readonly unverified: ReadonlyMap<Jws, Credential>
  /** EL6: why this node must re-sync before it may be elected; null when it need not. */
  readonly resync: string | null
  /** GU4: where this node's chain ceased to be the network's, and up to which height it has said so as master. Null: it agrees, as far as it knows. */
  readonly differing: { readonly at: Height; readonly told: Height } | null
  /** What the master of this cluster has said of a height that this node has not executed yet (GU4). */
  readonly masterResult: { readonly height: Height; readonly result: Hash } | null
  /** On disk (RC3): the recovery under this token has ended; the log follows a recovering master of this token. */
  readonly recovered: Token | null
  readonly crossed: Token | null
  /** On disk (RG8): the newest statement about the sync set that the registry has recorded. */
  readonly reshape: RecordedReshape | null
  /** The newest word of the authority on the sync set, for peers that may not hear it (RG4); null before the first. */
  readonly syncSetWord: KnownSyncSet | null
  /** RG8: a view of the newest session was of this token's generation, from a registry that does not stand still. */
  readonly registryHeard: boolean
  /** Section 6: set while this node leads and must not vote (RC2). */
  readonly recovery: Recovery | null
  /** RC3: this log is being shown to the recovering master. */
  readonly handOver: HandOver | null
  /** RC1: recovering tokens of other clusters that are held here. */
  readonly heldTokens: ReadonlyMap<ClusterId, Token>
  /** By grant: the height this cluster worked on when its log took the token in (RC1). */
  readonly tokenHeights: ReadonlyMap<Jws, Height>
  /** RG6: when other clusters were last heard, and since when this node leads. */
  readonly heardAt: ReadonlyMap<ClusterId, Instant>
  readonly leadingSince: Instant
  /** EL8. */
  readonly backOffs: ReadonlyMap<NodeId, BackOff>
  /** RG9: this node is barred and has to show that it computes what the network does. */
  readonly verifying: Verifying | null
}

/** True while this node is its cluster's voice. */
export function isLeading(state: NodeState): boolean {
  return state.guard.role.role === 'leading'
}

/** Height of the last executed block. */
export function tipHeight(state: NodeState): Height {
  return state.chain.tip.height
}
