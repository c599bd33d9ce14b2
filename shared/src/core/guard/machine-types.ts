/** What goes into the guard and what comes out of it. */
import type { Height, LogIndex, NodeId, Token, Version } from '../../ids.ts'
import type { LogBase, LogReader, PromiseWrite } from '../../ports/node-store.ts'
import type { HashFunction, Moment, Step } from '../step.ts'
import type { GuardState } from './state.ts'
import type { Append, AppendAck, Attach, Behind, LogEntry, RecordKind, RequiredSet } from './types.ts'

export type GuardInput =
  /** This node became master by a grant (GU3: the log begins with a barrier). `nonce` is unique to this process. */
  | {
      readonly i: 'lead'
      readonly token: Token
      readonly syncSet: readonly NodeId[]
      readonly version: Version
      readonly nonce: string
    }
  /** RG2: this node is still master after a restart; `required` was read from its disk. */
  | { readonly i: 'resume'; readonly required: RequiredSet; readonly nonce: string }
  /**
   * The highest known token of the cluster, and its master: follow it (EL5). `master: null`: promise the token and keep the log as it
   * is. `across`: the new master's log need not have what this node knows to be held, since a recovering grant lies between (GU3).
   */
  | { readonly i: 'follow'; readonly token: Token; readonly master: NodeId | null; readonly across: boolean }
  /** The mastership ends here: nothing is released any more. */
  | { readonly i: 'seal' }
  /** Only while leading: write a record and have it held. */
  | { readonly i: 'append'; readonly kind: RecordKind; readonly body: Uint8Array }
  | { readonly i: 'linkUp'; readonly peer: NodeId }
  | { readonly i: 'linkDown'; readonly peer: NodeId }
  /** The peer's host refused a reconnect: its process is dead (EL1). */
  | { readonly i: 'dead'; readonly peer: NodeId }
  | { readonly i: 'message'; readonly from: NodeId; readonly message: Attach | Append | AppendAck | Behind }
  /** Blocks up to the base's height are executed: continue from the master's base (GU5). */
  | { readonly i: 'rebase'; readonly base: LogBase }
  /** The authority's registry at this master's token. */
  | { readonly i: 'registry'; readonly token: Token; readonly version: Version; readonly syncSet: readonly NodeId[] }
  /** Nodes of the cluster that may join the sync set, best first (EL4, EL7). */
  | { readonly i: 'candidates'; readonly nodes: readonly NodeId[] }
  /** Ask again what has not been answered. */
  | { readonly i: 'authorityUp' }
  /** GU6: entries up to here are decided and executed. */
  | { readonly i: 'compact'; readonly upTo: LogIndex }
  | { readonly i: 'timer' }

export type GuardSend =
  | { readonly s: 'peer'; readonly to: NodeId; readonly message: Attach | Append | AppendAck | Behind }
  /** Everything up to here is held: what waited for it may leave the cluster (GU2). */
  | { readonly s: 'released'; readonly upTo: LogIndex }
  /** RG4: to be signed and asked of the authority. */
  | { readonly s: 'reshape'; readonly token: Token; readonly syncSet: readonly NodeId[]; readonly version: Version }
  /** Entries that are new in this node's log, in order (master: its own; follower: received). */
  | { readonly s: 'appended'; readonly entries: readonly LogEntry[] }
  /** Entries above this index are gone (GU3). */
  | { readonly s: 'truncated'; readonly after: LogIndex }
  /** Fetch blocks up to `height`, then give `rebase`. */
  | { readonly s: 'catchUp'; readonly base: LogBase; readonly height: Height; readonly master: NodeId }

export type GuardEvent =
  | { readonly event: 'guard-leading'; readonly token: Token; readonly syncSet: readonly NodeId[] }
  | { readonly event: 'guard-attached'; readonly peer: NodeId; readonly at: LogIndex }
  | { readonly event: 'guard-behind'; readonly peer: NodeId; readonly last: LogIndex }
  | { readonly event: 'guard-suspect'; readonly peer: NodeId; readonly why: string }
  | { readonly event: 'guard-adding'; readonly peer: NodeId }
  | { readonly event: 'guard-sync-set'; readonly syncSet: readonly NodeId[]; readonly version: Version }
  | { readonly event: 'guard-truncated'; readonly after: LogIndex; readonly from: LogIndex }
  | { readonly event: 'guard-damage'; readonly why: string }

export interface GuardContext extends Moment {
  readonly hash: HashFunction
  readonly log: LogReader
  /** Height of the last executed block. */
  readonly tip: Height
}

export type GuardTimer = 'guard'
export type GuardWrite = PromiseWrite | { readonly w: 'compact'; readonly base: LogBase }
export type GuardStep = Step<GuardState, GuardWrite, GuardSend, GuardTimer, GuardEvent>
