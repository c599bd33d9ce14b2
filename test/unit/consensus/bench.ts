/** One real machine at height 4, where c1 proposes in round 0, c2 in round 1 and so on. Every step is checked against the invariants. */

import { checkConsensus } from '@baton/shared/core/consensus/invariants'
import { type ConsensusOutput, consensusStep, IDLE } from '@baton/shared/core/consensus/machine'
import type { Proposal, Vote, VoteType } from '@baton/shared/core/consensus/messages'
import { type OwnRecord, type PolkaRecord, resumeFrom } from '@baton/shared/core/consensus/resume'
import type {
  ConsensusEvent,
  ConsensusInput,
  ConsensusRequest,
  ConsensusState,
  RunningState,
} from '@baton/shared/core/consensus/types'
import type { TokenEntry } from '@baton/shared/core/ledger/types'
import type { ClusterId, Epoch, Generation, Hash, Height, Instant, Round } from '@baton/shared/ids'

export const HEIGHT = 4 as Height
export const CLUSTERS = clusterNames(4)
export const [C1, C2, C3, C4] = CLUSTERS as [ClusterId, ClusterId, ClusterId, ClusterId]
export const A = 'a' as Hash
export const B = 'b' as Hash

export function clusterNames(count: number): ClusterId[] {
  return Array.from({ length: count }, (_, index) => `c${index + 1}` as ClusterId)
}

export function round(number: number): Round {
  return number as Round
}

export function epoch(number: number): { generation: Generation; epoch: Epoch } {
  return { generation: 0 as Generation, epoch: number as Epoch }
}

export function tokenTable(epochs: Record<string, number>): TokenEntry[] {
  return Object.entries(epochs).map(([cluster, number]) => ({
    cluster: cluster as ClusterId,
    ...epoch(number),
    recovering: false,
  }))
}

export function vote(cluster: ClusterId, type: VoteType, at: number, block: Hash | null, token = 1): Vote {
  return { cluster, ...epoch(token), height: HEIGHT, round: round(at), type, block, signature: new Uint8Array(0) }
}

export function proposal(cluster: ClusterId, at: number, block: Hash, validRound = -1): Proposal {
  return { cluster, ...epoch(1), height: HEIGHT, round: round(at), validRound, block, signature: new Uint8Array(0) }
}

export function ownVote(type: VoteType, at: number, block: Hash | null): OwnRecord {
  return { kind: 'vote', height: HEIGHT, round: round(at), type, block }
}

export function ownProposal(at: number, block: Hash, validRound = -1): OwnRecord {
  return { kind: 'proposal', height: HEIGHT, round: round(at), validRound, block }
}

export function polka(at: number, block: Hash, clusters: readonly ClusterId[]): PolkaRecord {
  const votes = clusters.map((cluster) => ({ cluster, ...epoch(1), signature: new Uint8Array(0) }))
  return { kind: 'polka', height: HEIGHT, round: round(at), block, votes }
}

export class Bench {
  state: ConsensusState = IDLE
  readonly self: ClusterId
  readonly requests: ConsensusRequest[] = []
  readonly events: ConsensusEvent[] = []
  /** Running timers by kind, in ms. */
  readonly timers = new Map<string, number>()

  /** Starts `self` at `HEIGHT`; waiting, unless there are records. */
  constructor(
    self: ClusterId,
    options: { records?: (OwnRecord | PolkaRecord)[]; mayVote?: boolean; clusters?: ClusterId[] } = {},
  ) {
    const { records = [], mayVote = true, clusters = CLUSTERS } = options
    this.self = self
    this.give({ kind: 'start', height: HEIGHT, clusters, self, resume: resumeFrom(records), mayVote })
  }

  give(input: ConsensusInput): ConsensusOutput {
    const before = this.state
    const output = consensusStep(before, input, { now: 0 as Instant })
    const violations = checkConsensus(before, input, output.state, output.send)
    if (violations.length > 0) throw new Error(violations.join('; '))
    this.state = output.state
    this.requests.push(...output.send)
    this.events.push(...output.events)
    for (const { name, after } of output.timers) {
      const kind = name.slice('consensus.'.length)
      if (after === null) this.timers.delete(kind)
      else this.timers.set(kind, after)
    }
    return output
  }

  work(): ConsensusOutput {
    return this.give({ kind: 'work' })
  }

  vote(cluster: ClusterId, type: VoteType, at: number, block: Hash | null, token = 1): ConsensusOutput {
    return this.give({ kind: 'vote', vote: vote(cluster, type, at, block, token) })
  }

  votes(clusters: readonly ClusterId[], type: VoteType, at: number, block: Hash | null): void {
    for (const cluster of clusters) this.vote(cluster, type, at, block)
  }

  proposal(
    at: number,
    block: Hash,
    options: { validRound?: number; valid?: boolean; needsPolka?: boolean; tokens?: TokenEntry[] | null } = {},
  ) {
    const cluster = CLUSTERS[at % CLUSTERS.length]!
    const { validRound = -1, valid = true, needsPolka = false, tokens = [] } = options
    const proposed = proposal(cluster, at, block, validRound)
    return this.give({ kind: 'proposal', proposal: proposed, valid, needsPolka, tokens })
  }

  timeout(timeout: 'propose' | 'prevote' | 'precommit', at: number): ConsensusOutput {
    return this.give({ kind: 'timeout', timeout, height: HEIGHT, round: round(at) })
  }

  value(at: number, block: Hash): ConsensusOutput {
    return this.give({ kind: 'value', height: HEIGHT, round: round(at), block })
  }

  /** The requests since the last call, in short: `prevote 0 a`, `precommit 1 nil again`. */
  asked(): string[] {
    return this.requests.splice(0).map(brief)
  }

  get running(): RunningState {
    if (this.state.kind !== 'running') throw new Error(`the machine is ${this.state.kind}`)
    return this.state
  }
}

export function brief(request: ConsensusRequest): string {
  switch (request.kind) {
    case 'getValue':
      return `getValue ${request.round}`
    case 'propose':
      return `propose ${request.round} ${request.block} ${request.validRound}${request.again ? ' again' : ''}`
    case 'vote':
      return `${request.type} ${request.round} ${request.block ?? 'nil'}${request.again ? ' again' : ''}`
    case 'decide':
      return `decide ${request.round} ${request.block} ${request.votes.map((v) => v.cluster).join(',')}`
  }
}
