/** State of one cluster's mastership: what the authority keeps on disk, and what it only hears. */
import type { Grant, NodeCertificate, Reshape } from '../../crypto/statement-types.ts'
import type { ClusterPolicy } from '../../genesis.ts'
import type {
  ClusterId,
  Epoch,
  Generation,
  Instant,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  Token,
  UnixMs,
  Version,
} from '../../ids.ts'
import type {
  LastClean,
  MemberView,
  OrderView,
  PauseView,
  QuarantineView,
  SwitchoverView,
} from '../../protocol/control.ts'

/** A node whose certificate was verified to the cluster's owner key when it opened a session. */
export interface Member extends MemberView, Pick<NodeCertificate, 'key' | 'expiresAt'> {
  /** Its key is revoked: it is not elected any more (ID8). */
  readonly revoked?: true
}

/** A grant of this cluster. */
export type KnownGrant = Omit<Grant, 'network' | 'cluster'>

/** One row per token, for ever (RG8): all that is needed to sign the same grant again, byte for byte. */
export interface GrantRecord extends KnownGrant {
  /** The certificate of the node when it was granted: the credential of a token never changes. */
  readonly certificate: Jws
}

/** How long a node's log was at a token, as the authority has seen it acknowledge (EL6). */
export interface Acknowledged {
  readonly token: Token
  readonly durableIndex: LogIndex
}

/** The mark of a cluster that its vote records were lost; it stays until the end of recovery is recorded (RG6). */
export interface Recovery {
  /** What was recorded when the first recovering grant was given; further grants do not change it. */
  readonly lastClean: LastClean
}

/** What one node holds of the cluster's history, verified; a node without any grant has lost its memory. */
export interface Shown {
  /** The highest one. */
  readonly grant: Grant | null
  /** The newest one that a view of the registry has confirmed. */
  readonly reshape: Reshape | null
}

/** A registry of a new generation gathers what is known of the one before; meanwhile it grants nothing (RG8). */
export interface Restore {
  readonly shown: ReadonlyMap<NodeId, Shown>
  /** The highest grant of this cluster that the directory knows. */
  readonly elsewhere: Grant | null
}

/** An operator's word about the recorded token: the next grant, whoever gets it, uses it up. */
export interface OperatorWord {
  readonly by: string
  readonly why: string
}

/** Grants that the next decisions need to know of (EL8). */
export interface Switches {
  /** The last change of master, and who held the mastership before it; null: whoever it was, a restored registry was not told (RG8). */
  readonly last: { readonly at: UnixMs; readonly from: NodeId | null } | null
  /** When a living master was switched away from without an order, oldest first; of the last hour. */
  readonly living: readonly UnixMs[]
}

interface Registered {
  readonly network: NetworkId
  readonly cluster: ClusterId
  /** Gets epoch 1 (RG2). */
  readonly founder: NodeId
  readonly policy: ClusterPolicy
  readonly generation: Generation
  readonly version: Version
  readonly members: ReadonlyMap<NodeId, Member>
  /** Nodes that may not be elected (RG9). */
  readonly bars: readonly NodeId[]
  /** Why, of the barred nodes: those that a restore entered again have no reason here. */
  readonly quarantine: readonly QuarantineView[]
  readonly acknowledged: ReadonlyMap<NodeId, Acknowledged>
  /** Why nothing is granted or changed until an operator raises the generation (RG8); null: not frozen. */
  readonly frozen: string | null
  /** Never together with `frozen`. */
  readonly restore: Restore | null
}

/** Before the cluster was created from genesis. */
export interface AbsentRegistry {
  readonly status: 'absent'
}

/** Created; the founder has not registered yet. */
export interface UnfoundedRegistry extends Registered {
  readonly status: 'unfounded'
}

export interface FoundedRegistry extends Registered {
  readonly status: 'founded'
  readonly epoch: Epoch
  readonly master: NodeId
  readonly syncSet: readonly NodeId[]
  /** Of the registry when this sync set was recorded: by the last grant, or a reshape since (RG8). */
  readonly syncSetVersion: Version
  /** The coming standby, announced only (EL7). */
  readonly coming: NodeId | null
  /** Null: not recovering. */
  readonly recovery: Recovery | null
  /** Standing orders, all against the recorded master, oldest first (RG9). */
  readonly orders: readonly OrderView[]
  /** Ids of orders that were taken in, newest last. */
  readonly ordersSeen: readonly string[]
  readonly pause: PauseView | null
  /** A planned change of master, asked for at the recorded token; any grant ends it (EL8). */
  readonly switchover: SwitchoverView | null
  readonly switches: Switches
  /** The hosts of the predecessor are fenced (RG6, `recovery: 'operator'`). */
  readonly fenced: OperatorWord | null
  /** This node may have the epoch as recovering without the silence of RG6, and with what its log has lost. */
  readonly dataLoss: (OperatorWord & { readonly node: NodeId }) | null
  /** Under the recorded token; after a restore under the one before it, until somebody is granted. */
  readonly lastGrant: GrantRecord
  /** The statement behind the sync set; null while it is that of the grant (ID4). */
  readonly reshape: Jws | null
}

export type Created = UnfoundedRegistry | FoundedRegistry
export type Registry = AbsentRegistry | UnfoundedRegistry | FoundedRegistry

/** A node's connection, as far as this life of the authority has seen it. */
export type Session =
  | { readonly state: 'open'; readonly id: string; readonly at: Instant }
  | { readonly state: 'closed'; readonly id: string; readonly at: Instant }

/** A report as heard; `heardMasterMs` and `heardSyncSetMs` are ages at `at`. */
export interface HeardReport {
  readonly at: Instant
  readonly session: string
  readonly token: Token
  readonly role: 'master' | 'follower'
  readonly stalled: boolean
  readonly heardMasterMs: number | null
  readonly heardSyncSetMs: number | null
  /** What this node's claims are measured by. */
  readonly acknowledged: Acknowledged
  /** In this session the log has been as long as was acknowledged before: from here it may be truncated (GU3). */
  readonly complete: boolean
  /** It says itself that it must re-sync. */
  readonly resyncs: boolean
  /** When `acknowledged` was last written to disk. */
  readonly writtenAt: Instant
}

/** What the masters of other clusters say about votes of this one, as the directory put it together (RG6). */
export interface ForeignSilence {
  readonly at: Instant
  /** Other clusters whose masters reported of late. */
  readonly reporters: number
  /** Clusters of the network, this one included. */
  readonly clusters: number
  /** For how long none of those had heard a vote of this cluster. */
  readonly silentForMs: number
}

/** Volatile: begins empty with every start of the authority, and is a hint only (RG7). */
export interface Hearing {
  readonly startedAt: Instant
  readonly sessions: ReadonlyMap<NodeId, Session>
  readonly reports: ReadonlyMap<NodeId, HeardReport>
  /** What is wrong with a node's token, told once. */
  readonly conflicts: ReadonlyMap<NodeId, string>
  /** When the present master, at its present token, last changed the registry or confirmed itself. */
  readonly masterActedAt: Instant | null
  /** When the present token was granted; null: in an earlier life of the authority. */
  readonly grantedAt: Instant | null
  readonly foreignSilence: ForeignSilence | null
}

export interface RegistryState {
  readonly registry: Registry
  readonly hearing: Hearing
}

export function tokenOf(registry: FoundedRegistry): Token {
  return { generation: registry.generation, epoch: registry.epoch }
}

/** The token under which the recorded master acts: the recorded one, or after a restore the one before (RG8). */
export function grantedToken({ lastGrant }: FoundedRegistry): Token {
  return { generation: lastGrant.generation, epoch: lastGrant.epoch }
}

/** The state of an authority that starts at `startedAt` over what it has on disk. */
export function startAuthority(registry: Registry, startedAt: Instant): RegistryState {
  return {
    registry,
    hearing: {
      startedAt,
      sessions: new Map(),
      reports: new Map(),
      conflicts: new Map(),
      masterActedAt: null,
      grantedAt: null,
      foreignSilence: null,
    },
  }
}
