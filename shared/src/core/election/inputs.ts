/**
 * What a driver tells the election machine. Statements inside are verified by the driver first; peers are nodes of
 * the own cluster, as their mutually authenticated link says (ID5).
 */
import type { ErrorCode } from '../../errors.ts'
import type { Jws, NodeId, Token, Version } from '../../ids.ts'
import type { OwnToken } from '../../ports/node-store.ts'
import type { RegistryView } from '../../protocol/control.ts'
import type { Heartbeat, PreVote, PreVoteAnswer } from '../../protocol/peer.ts'
import type { ElectionTimer } from './outputs.ts'
import type { KnownGrant, LogStatus } from './types.ts'

/** `GrantSeen` first, then `ClaimReply`: a reply only says what the authority thinks of a request. */
export type ElectionInput =
  | {
      readonly i: 'started'
      /** From disk (EL5). */
      readonly own: OwnToken | null
      /** RG2: this node is the node of `own` and the guard has found its required set on disk. */
      readonly resume: boolean
      /** Random, unique per process start. */
      readonly nonceSeed: string
      readonly log: LogStatus
    }
  /** A verified grant of this cluster, from wherever it came (EL5). */
  | ({
      readonly i: 'grantSeen'
      /** ID4: why a grant to this node contradicts what its cluster's masters have signed; null or not said: it does not. */
      readonly doubt?: string | null | undefined
    } & KnownGrant)
  /** A registry told by the authority; a hint. The driver feeds the grant inside as `grantSeen` too. */
  | { readonly i: 'view'; readonly view: RegistryView }
  | {
      readonly i: 'claimReply'
      readonly request: number
      readonly outcome:
        | { readonly ok: true; readonly state: RegistryView }
        | {
            readonly ok: false
            /** `UNREACHABLE` when no route led to the authority. */
            readonly code: ErrorCode
            readonly why: string
            readonly retryAfterMs: number | null
            readonly state: RegistryView | null
          }
    }
  | { readonly i: 'linkUp'; readonly peer: NodeId }
  | { readonly i: 'linkDown'; readonly peer: NodeId }
  | { readonly i: 'probeResult'; readonly peer: NodeId; readonly result: 'refused' | 'open' | 'timeout' }
  | { readonly i: 'heartbeat'; readonly from: NodeId; readonly message: Heartbeat }
  | { readonly i: 'preVote'; readonly from: NodeId; readonly message: PreVote }
  | { readonly i: 'preVoteAnswer'; readonly from: NodeId; readonly message: PreVoteAnswer }
  /** `token` and `to` are those of the verified resignation, signed by `from`. */
  | {
      readonly i: 'handover'
      readonly from: NodeId
      readonly token: Token
      readonly to: NodeId
      readonly resignation: Jws
    }
  /**
   * The session with the authority is open (`welcome` has come); before the view and grant that came with it. `challenge`
   * is the one this process answered: the founder's first grant repeats it instead of a claim's nonce (RG2).
   */
  | { readonly i: 'authorityUp'; readonly challenge: string | null }
  | { readonly i: 'authorityDown' }
  /** ID8: the nodes of this cluster whose key their owner has revoked, as far as this node knows; in place of what was said before. */
  | { readonly i: 'revoked'; readonly nodes: readonly NodeId[] }
  /** A hint of the authority: the session of this node has closed. */
  | { readonly i: 'sessionClosed'; readonly node: NodeId }
  /** Answer to a report. */
  | { readonly i: 'heardByAuthority'; readonly report: number; readonly version: Version }
  | { readonly i: 'logStatus'; readonly log: LogStatus }
  /** A stall of this length of the event loop or the disk, over or still going (EL2). */
  | { readonly i: 'stalled'; readonly ms: number }
  /** Hand the mastership over; `to` null: to the best candidate. `leaving`: the process ends afterwards. */
  | { readonly i: 'resign'; readonly to: NodeId | null; readonly leaving: boolean }
  /** The guard releases nothing more under this token. */
  | { readonly i: 'sealed'; readonly token: Token }
  /** Answer to `signResignation`. */
  | { readonly i: 'resignationSigned'; readonly token: Token; readonly resignation: Jws }
  | { readonly i: 'timer'; readonly name: ElectionTimer }

export type InputName = ElectionInput['i']
export type Input<Name extends InputName> = Extract<ElectionInput, { readonly i: Name }>
