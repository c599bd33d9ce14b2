/** What the election machine wants done. */
import type { Claim, Resignation } from '../../crypto/statement-types.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Ms, NodeId, Token } from '../../ids.ts'
import type { OwnToken, PromiseWrite } from '../../ports/node-store.ts'
import type { ToAuthority } from '../../protocol/control.ts'
import type { Handover, Heartbeat, Inform, PreVote, PreVoteAnswer } from '../../protocol/peer.ts'
import type { Step } from '../step.ts'
import type { ElectionState, KnownGrant, RoleName, Suspicion } from './types.ts'

export type StepDownReason = 'higherToken' | 'handedOver' | 'resigned' | 'tokenConflict' | 'stopping'

export type ElectionSend =
  | {
      readonly s: 'peer'
      readonly peer: NodeId
      readonly message: Heartbeat | PreVote | PreVoteAnswer | Handover | Inform
    }
  | { readonly s: 'report'; readonly message: Extract<ToAuthority, { readonly t: 'report' }> }
  /** To be signed and sent: over the link, else over HTTP, else relayed by a peer. The answer is `claimReply`. */
  | { readonly s: 'claim'; readonly request: number; readonly claim: Claim }
  /** "Am I still master?" (RG7); whatever comes back is fed as `view` and `grantSeen`. */
  | { readonly s: 'confirm'; readonly message: Extract<ToAuthority, { readonly t: 'confirm' }> }
  /** Open a TCP connection to the peer's address and close it: answer with `probeResult`, within a heartbeat; one at a time. */
  | { readonly s: 'probe'; readonly peer: NodeId }
  /** This process is master of a new epoch; its token is on disk by now. */
  | { readonly s: 'becomeMaster'; readonly grant: KnownGrant }
  /** RG2: go on at the token on disk, without a new grant. */
  | { readonly s: 'resumeMaster'; readonly token: Token }
  /** Stop acting under `token` at once; `successor` is the node to follow, when known. */
  | {
      readonly s: 'stepDown'
      readonly token: Token
      readonly reason: StepDownReason
      readonly successor: OwnToken | null
    }
  /** Release nothing more under `token`, then answer `sealed`. */
  | { readonly s: 'sealGuard'; readonly token: Token }
  /** To be signed with the node key; answer `resignationSigned`. Sent only after `sealed`. */
  | { readonly s: 'signResignation'; readonly resignation: Resignation }

export type ElectionWrite = Extract<PromiseWrite, { readonly w: 'ownToken' }>

/**
 * `tick` heartbeat, silence, probes · `report` · `stand` a better candidate has had its time · `preVote` the round
 * is over · `claim` resend or retry · `handover` nobody has taken over
 */
export type ElectionTimer = 'tick' | 'report' | 'stand' | 'preVote' | 'claim' | 'handover'

export type ElectionEvent =
  | { readonly e: 'role'; readonly from: RoleName; readonly to: RoleName; readonly why: string }
  | { readonly e: 'tokenSeen'; readonly own: OwnToken }
  | { readonly e: 'suspected'; readonly master: NodeId; readonly why: Suspicion['kind'] }
  | { readonly e: 'preVoteRefused'; readonly by: NodeId; readonly why: string }
  | { readonly e: 'claimSent'; readonly request: number; readonly token: Token; readonly why: Suspicion['kind'] }
  | { readonly e: 'claimRefused'; readonly request: number; readonly code: ErrorCode; readonly why: string }
  | { readonly e: 'ownStall'; readonly ms: Ms }
  | { readonly e: 'noSuccessor'; readonly why: string }
  /** RG8: both credentials prove the fraud; the node reports them. */
  | {
      readonly e: 'tokenConflict'
      readonly code: 'TOKEN_CONFLICT'
      readonly known: OwnToken
      readonly knownGrant: KnownGrant | null
      readonly other: KnownGrant
    }
  /** ID4: its own grant contradicts what the master before it has signed; the node stops, and waits for an operator. */
  | { readonly e: 'grantDoubted'; readonly code: 'STATEMENT_INVALID'; readonly grant: KnownGrant; readonly why: string }

export type ElectionStep = Step<ElectionState, ElectionWrite, ElectionSend, ElectionTimer, ElectionEvent>
