/** What a cluster's authority and the Worker call on the network's directory. Results, never exceptions. */
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { Credential } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Epoch, Generation, Jws, NodeId } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import type { UsageCounts } from '../metrics/usage.ts'
import type { UnreadRequest } from './authority-api.ts'

export interface DirectoryEntry {
  readonly cluster: ClusterId
  readonly generation: Generation
  readonly epoch: Epoch
  readonly node: NodeId
  readonly recovering: boolean
  /** `host:port` where the node says that clients reach it; a hint that nobody has signed. Null: not told. */
  readonly apiAddress: string | null
}

export interface DirectoryTable {
  readonly version: number
  /** The signed master table. */
  readonly table: Jws
  readonly masters: readonly DirectoryEntry[]
  /** How many owner-signed notices the directory has (ID8): whoever has another number asks for them. */
  readonly notices: number
}

/** An admitted node, as its authority knows it. */
export interface SessionOf {
  readonly cluster: ClusterId
  readonly node: NodeId
}

export interface DirectoryApi {
  /** Takes in a grant and where its node serves clients; any number of times, in any order (NW2). */
  learn(credential: Credential, apiAddress?: string): Promise<Result<DirectoryTable>>
  /** `known`: the caller's version. A directory that has gone back behind it counts on from there, or its tables would look old. */
  table(known?: number): Promise<Result<DirectoryTable>>
  /** Signed result hashes of a master (NW4). `from`: whose session brought it, for the event when it is refused. */
  results(report: Jws, from: SessionOf): Promise<Result<null>>
  /** What a master has found against others, signed (NW4). */
  findings(findings: Jws, from: SessionOf): Promise<Result<null>>
  /** Takes in an owner-signed notice; any number of times, from anybody (ID8). `source`: for the event when it is refused. */
  notice(statement: Jws, source: string): Promise<Result<{ readonly added: boolean }>>
  notices(): Promise<Result<readonly Jws[]>>
  /** RG11: records it, as long as its source has not had too much refused. */
  unread(request: UnreadRequest, source: string): Promise<Result<null>>
  /** Of this object, this call included. */
  usage(): Promise<Result<UsageCounts>>
  events(after: number, limit: number): Promise<Result<readonly ChainedEvent[]>>
}
