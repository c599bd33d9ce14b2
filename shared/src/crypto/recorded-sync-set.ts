/** What was recorded of a sync set, and how others can tell (RG4, RG8). */
import type { ClusterId, Epoch, Generation, Jws, NetworkId, NodeId, Version } from '../ids.ts'
import type { Reshape } from './statement-types.ts'

/** A reshape that a view of the registry has confirmed, verified, and the statement itself (RG8). */
export interface RecordedReshape {
  readonly reshape: Reshape
  readonly statement: Jws
}

/**
 * "At this version of the registry the sync set under this token is this": signed by the authority, so that any peer may pass it on to a
 * master that does not hear the authority (RG4). `reshape`: the master's statement behind it; null while it is that of the grant.
 */
export interface RecordedSyncSet {
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly version: Version
  readonly syncSet: readonly NodeId[]
  readonly reshape: Jws | null
}

/** The same, verified, with the text that others are shown, and the verified statement of the master. */
export interface KnownSyncSet {
  readonly recorded: RecordedSyncSet
  readonly statement: Jws
  readonly reshape: RecordedReshape | null
}
