/**
 * What goes into a node and what comes out. Everything from outside is verified by the driver first: signatures of votes,
 * proposals, credentials, certificates and transactions, so that the core never sees an unverified statement.
 */
import type { KnownSyncSet, RecordedReshape } from '../../crypto/recorded-sync-set.ts'
import type { Claim, Credential, Grant, Mastership, Resignation } from '../../crypto/statement-types.ts'
import type { ErrorCode } from '../../errors.ts'
import type { ClusterId, Hash, Height, Jws, NodeId, Round, Token, Version } from '../../ids.ts'
import type { ChainReader, LogReader, NodeWrite } from '../../ports/node-store.ts'
import type { RegistryView, ToAuthority } from '../../protocol/control.ts'
import type { PeerMessage } from '../../protocol/peer.ts'
import type { MissedRun, ResultEntry } from '../audit/types.ts'
import type { Proposal, Vote } from '../consensus/messages.ts'
import type { ConsensusEvent } from '../consensus/types.ts'
import type { ElectionEvent } from '../election/types.ts'
import type { GuardEvent } from '../guard/machine-types.ts'
import type { Application } from '../ledger/application.ts'
import type { BlockFault } from '../ledger/judgement.ts'
import type { Block, CommitCertificate, Receipt, SignedTransaction } from '../ledger/types.ts'
import type { HashFunction, Moment, Step } from '../step.ts'
import type { BlockFacts } from './facts.ts'
import type { NodeState } from './state.ts'

/** A verified credential together with what its grant says. */
export interface VerifiedGrant {
  readonly mastership: Mastership
  readonly grant: Grant
}

/** A block with its certificate, both verified (GU5). */
export interface CertifiedBlock {
  readonly block: Block
  readonly certificate: CommitCertificate
  readonly facts: BlockFacts
}

/** A vote or proposal that the guard released and the driver signed. */
export type SignedAct =
  | { readonly act: 'vote'; readonly vote: Vote }
  | { readonly act: 'proposal'; readonly proposal: Proposal }

/** Messages of peers that need no verification beyond the link they came on. */
export type PlainPeerMessage = Extract<
  PeerMessage,
  {
    t:
      | 'heartbeat'
      | 'preVote'
      | 'preVoteAnswer'
      | 'attach'
      | 'append'
      | 'appendAck'
      | 'behind'
      | 'wantHeight'
      | 'wantBlock'
      | 'epochAck'
      | 'legacy'
      | 'legacyAck'
      | 'getBlocks'
      | 'executed'
  }
>

export type NodeInput =
  /** First input after `openNode`. `nonceSeed` is random and unique per process start (EL5). */
  | { readonly i: 'start'; readonly nonceSeed: string }
  /** `older`: the program of this peer cannot read `polka` entries (`POLKAS_SINCE`). */
  | {
      readonly i: 'link'
      readonly peer: NodeId
      readonly cluster: ClusterId
      readonly up: boolean
      readonly older?: boolean
    }
  | { readonly i: 'probed'; readonly peer: NodeId; readonly result: 'refused' | 'open' | 'timeout' }
  | { readonly i: 'peer'; readonly from: NodeId; readonly message: PlainPeerMessage }
  | {
      readonly i: 'proposal'
      readonly from: NodeId
      readonly proposal: Proposal
      readonly block: Block
      readonly facts: BlockFacts
    }
  /** `verified: false`: its token did not count when it came, so the signature was not looked at (`mastershipOfVote`). */
  | { readonly i: 'vote'; readonly from: NodeId; readonly vote: Vote; readonly verified?: false }
  /** Verified credentials, from a peer's `hello` or `inform`, the authority, or the directory (NW1, NW2). */
  | { readonly i: 'granted'; readonly from: NodeId | null; readonly grants: readonly VerifiedGrant[] }
  /** These do not verify, so nothing waits for them any more. */
  | { readonly i: 'unverifiable'; readonly credentials: readonly Credential[] }
  /** A resignation in favour of this node, signed by `from`, verified (clean switch). */
  | {
      readonly i: 'handover'
      readonly from: NodeId
      readonly token: Token
      readonly to: NodeId
      readonly resignation: Jws
    }
  /** `challenge`: the one this process answered (RG2: the founder's first grant repeats it). */
  | { readonly i: 'authority'; readonly up: true; readonly challenge: string | null }
  | { readonly i: 'authority'; readonly up: false }
  /**
   * The authority's registry; a grant inside was fed as `granted` before. `reshape`, `syncSet`: the statements inside, verified (RG8, RG4).
   */
  | {
      readonly i: 'view'
      readonly view: RegistryView
      readonly reshape?: RecordedReshape | undefined
      readonly syncSet?: KnownSyncSet | undefined
    }
  /** RG4: what the authority has recorded, passed on by a peer, verified; of this node's own cluster. */
  | { readonly i: 'syncSet'; readonly from: NodeId; readonly syncSet: KnownSyncSet }
  | { readonly i: 'heardByAuthority'; readonly report: number; readonly version: Version }
  /** ID8: the nodes of the own cluster whose key their owner has revoked; after `start`, and whenever it changes. */
  | { readonly i: 'revoked'; readonly nodes: readonly NodeId[] }
  | { readonly i: 'sessionClosed'; readonly node: NodeId }
  | {
      readonly i: 'claimReply'
      readonly request: number
      readonly outcome: ClaimOutcome
      /** That of the registry in the answer, verified. */
      readonly reshape?: RecordedReshape | undefined
    }
  /** Answer to `getTransactions`, signatures verified, oldest first; `time` is the proposer's wall clock. */
  | {
      readonly i: 'transactions'
      readonly height: Height
      readonly round: Round
      readonly transactions: Iterable<SignedTransaction>
      readonly time: number
    }
  /** There is something to decide: transactions wait. */
  | { readonly i: 'work' }
  | { readonly i: 'signed'; readonly token: Token; readonly signed: SignedAct }
  | { readonly i: 'resignationSigned'; readonly token: Token; readonly resignation: Jws }
  /** Answer to `verifyCertificate`. */
  | {
      readonly i: 'certified'
      readonly height: Height
      readonly block: Hash
      readonly ok: boolean
      readonly why: string
      readonly facts: BlockFacts
    }
  | {
      readonly i: 'blocks'
      readonly from: NodeId
      readonly request: number
      readonly height: Height
      readonly blocks: readonly CertifiedBlock[]
    }
  /** Self-input: execute the next decided block. */
  | { readonly i: 'execute' }
  /** EL2: the event loop or the disk stood still for this long. */
  | { readonly i: 'stalled'; readonly ms: number }
  | { readonly i: 'resign'; readonly to: NodeId | null; readonly leaving: boolean }
  | { readonly i: 'timer'; readonly name: NodeTimer }

/** RC3: what ended a recovery. */
export type RecoveredBy = Extract<ToAuthority, { t: 'recovered' }>['by']

export type ClaimOutcome =
  | { readonly ok: true; readonly state: RegistryView }
  | {
      readonly ok: false
      readonly code: ErrorCode
      readonly why: string
      readonly retryAfterMs: number | null
      readonly state: RegistryView | null
    }

export type NodeSend =
  | { readonly s: 'peer'; readonly to: NodeId; readonly message: PeerMessage }
  /** Fed back as an input in a later turn, after this turn's outputs have left. */
  | { readonly s: 'self'; readonly input: NodeInput }
  | { readonly s: 'probe'; readonly peer: NodeId }
  | { readonly s: 'report'; readonly message: Extract<ToAuthority, { t: 'report' }> }
  | { readonly s: 'confirm'; readonly message: Extract<ToAuthority, { t: 'confirm' }> }
  | { readonly s: 'claim'; readonly request: number; readonly claim: Claim }
  | { readonly s: 'reshape'; readonly token: Token; readonly syncSet: readonly NodeId[]; readonly version: Version }
  /** RC3, RG9: to be asked of the authority; the registry in the answer is fed as `view`. */
  | { readonly s: 'recovered'; readonly token: Token; readonly by: RecoveredBy }
  | { readonly s: 'verified'; readonly token: Token; readonly height: Height }
  | { readonly s: 'signResignation'; readonly resignation: Resignation }
  /** GU2: the record is held; sign it with the node key and feed it back as `signed`. */
  | { readonly s: 'sign'; readonly token: Token; readonly act: UnsignedAct }
  | { readonly s: 'getTransactions'; readonly height: Height; readonly round: Round }
  | { readonly s: 'verifyCertificate'; readonly block: Block; readonly certificate: CommitCertificate }
  /** To be verified and fed back as `granted`, what does not verify as `unverifiable`. */
  | { readonly s: 'verifyCredentials'; readonly credentials: readonly Credential[] }
  /** A new height has begun on this master: say `work` when transactions wait. */
  | { readonly s: 'heightStarted'; readonly height: Height }
  | {
      readonly s: 'executed'
      readonly block: Block
      readonly certificate: CommitCertificate
      readonly receipts: readonly Receipt[]
      readonly result: Hash
    }
  /** NW4: to be reported to the directory. Nothing waits for it. */
  | { readonly s: 'result'; readonly entry: ResultEntry; readonly missed: readonly MissedRun[] }
  /** The decided block of this height is held by the required set: clients may be told (GU2). */
  | { readonly s: 'heldHeight'; readonly height: Height }
  /** This node has become, or has ceased to be, the master. */
  | { readonly s: 'mastership'; readonly master: boolean; readonly token: Token }

/** An act whose record is held but which nobody has signed yet. */
export type UnsignedAct =
  | { readonly act: 'vote'; readonly vote: Omit<Vote, 'signature'> }
  | { readonly act: 'proposal'; readonly proposal: Omit<Proposal, 'signature'> }

export type NodeTimer =
  | `election:${string}`
  | `consensus:${string}`
  | 'guard'
  | 'heartbeatBlock'
  | 'repair'
  | 'tend'
  | 'lag'
  | 'blocks'
  | 'legacy'
  | `dead:${string}`

/** ID4: what the authority says contradicts what masters of this cluster have signed. */
type UnprovenEvent = {
  readonly event: 'sync-set-unproven'
  readonly version: Version
  readonly syncSet: readonly NodeId[]
}

export type NodeEvent =
  | ElectionEvent
  | GuardEvent
  | ConsensusEvent
  | UnprovenEvent
  | {
      readonly event: 'decided'
      readonly height: Height
      readonly round: Round
      readonly block: Hash
      readonly transactions: number
    }
  | { readonly event: 'executed'; readonly height: Height; readonly result: Hash }
  | { readonly event: 'promoted'; readonly token: Token; readonly height: Height; readonly resumed: boolean }
  | { readonly event: 'stepped-down'; readonly token: Token; readonly why: string }
  | { readonly event: 'mastership-known'; readonly cluster: ClusterId; readonly token: Token; readonly node: NodeId }
  | {
      readonly event: 'token-conflict'
      readonly cluster: ClusterId
      readonly token: Token
      readonly nodes: readonly [NodeId, NodeId]
    }
  | {
      readonly event: 'invalid-proposal'
      readonly cluster: ClusterId
      /** Under which it was proposed. */
      readonly token: Token
      readonly height: Height
      readonly round: Round
      readonly fault: BlockFault
      readonly why: string
    }
  | { readonly event: 'recovery-began'; readonly token: Token; readonly height: Height }
  /** RC1: H. */
  | { readonly event: 'recovery-horizon'; readonly token: Token; readonly height: Height }
  | { readonly event: 'recovery-ended'; readonly token: Token; readonly height: Height }
  /** RC4, an alert: the chain cannot advance; `missing` have not acknowledged the token. */
  | {
      readonly event: 'recovery-stuck'
      readonly token: Token
      readonly height: Height
      readonly missing: readonly ClusterId[]
    }
  | { readonly event: 'legacy-taken'; readonly from: NodeId; readonly records: number }
  | { readonly event: 'legacy-handed-over'; readonly to: NodeId; readonly token: Token }
  | { readonly event: 'credential-refused'; readonly credential: Credential }
  | { readonly event: 'certificate-refused'; readonly height: Height; readonly why: string }
  /** GU4: a certified block says that this node computed, or holds, something else than the network. */
  | {
      readonly event: 'differs-from-certificate'
      readonly height: Height
      readonly fault: BlockFault
      readonly why: string
    }
  /** GU4: the master of this cluster has another result of this height than this node. Which of them is wrong, certificates say. */
  | { readonly event: 'differs-from-master'; readonly height: Height; readonly own: Hash; readonly master: Hash }
  | { readonly event: 'catching-up'; readonly from: Height; readonly to: Height; readonly peer: NodeId }

export interface NodeContext extends Moment {
  readonly hash: HashFunction
  readonly log: LogReader
  readonly chain: ChainReader
  readonly application: Application
}

export type NodeStep = Step<NodeState, NodeWrite, NodeSend, NodeTimer, NodeEvent>
