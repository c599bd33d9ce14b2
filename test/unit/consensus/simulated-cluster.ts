/** One honest cluster: real machines, one master after another, and a log in which acts are held before they leave. */
import { checkConsensus } from '@baton/shared/core/consensus/invariants'
import { consensusStep, IDLE } from '@baton/shared/core/consensus/machine'
import type { Proposal, Vote } from '@baton/shared/core/consensus/messages'
import { allProposals } from '@baton/shared/core/consensus/proposal-book'
import { type OwnRecord, type PolkaRecord, resumeFrom } from '@baton/shared/core/consensus/resume'
import type { ConsensusInput, ConsensusRequest, ConsensusState, InputOf } from '@baton/shared/core/consensus/types'
import { allVotes, prevotesFor } from '@baton/shared/core/consensus/vote-keeper'
import type { ClusterId, Hash, Instant, Round } from '@baton/shared/ids'
import { epoch, HEIGHT } from './bench.ts'

export type Message = InputOf<'proposal'> | InputOf<'vote'>

interface Setting {
  readonly clusters: readonly ClusterId[]
  /** False breaks GU7 on purpose: a new master starts without its predecessor's acts. */
  readonly lockTravels: boolean
  /** False: what a lock rests on is lost with the master, as in programs that did not write it down. */
  readonly polkasTravel?: boolean
}

interface ArmedTimer {
  readonly due: number
  readonly input: ConsensusInput
}

export class SimulatedCluster {
  readonly id: ClusterId
  readonly #setting: Setting
  state: ConsensusState = IDLE
  epoch = 1
  now = 0
  decision: Hash | null = null
  /** Rounds whose getValue the host has not answered. */
  readonly valuesAsked: Round[] = []
  readonly timers = new Map<string, ArmedTimer>()
  equivocationsSeen = 0
  /** Acts in the log, and what locks rest on; those before `#held` are held. */
  #log: (OwnRecord | PolkaRecord)[] = []
  #held = 0
  /** Held acts that wait for their release, in the order they were asked for, with the log length they need. */
  #toRelease: { readonly record: OwnRecord; readonly needs: number }[] = []

  constructor(id: ClusterId, setting: Setting) {
    this.id = id
    this.#setting = setting
    this.#start()
  }

  /** Runs one step; throws when an invariant breaks. */
  give(input: ConsensusInput): void {
    const before = this.state
    const { state, send, timers, events } = consensusStep(before, input, { now: this.now as Instant })
    const violations = checkConsensus(before, input, state, send)
    if (violations.length > 0) throw new Error(`${this.id}: ${violations.join('; ')}`)
    this.state = state
    this.equivocationsSeen += events.filter((event) => event.kind === 'equivocation').length
    for (const { name, after } of timers) this.#arm(name, after)
    for (const request of send) this.#serve(request)
  }

  /** Makes the whole log held and returns what may now leave, signed under this epoch. The own act counts at once. */
  hold(): Message[] {
    this.#held = this.#log.length
    const released: Message[] = []
    while (this.#toRelease.length > 0 && this.#toRelease[0]!.needs <= this.#held) {
      const message = this.#sign(this.#toRelease.shift()!.record)
      released.push(message, ...this.#shownWith(message))
      this.give(message)
    }
    return released
  }

  /** With a proposal of a block that was valid before go the prevotes that made it so. */
  #shownWith(message: Message): readonly Message[] {
    if (message.kind === 'vote' || message.proposal.validRound < 0 || this.state.kind !== 'running') return []
    const { validRound, block } = message.proposal
    return prevotesFor(this.state.votes, validRound as Round, block).map((vote) => ({ kind: 'vote', vote }))
  }

  /** Everything it has of the height: what a peer that asks is sent (`resendHeight`). */
  resend(): Message[] {
    if (this.state.kind !== 'running') return []
    const { proposals, votes } = this.state
    return [
      ...allProposals(proposals).map(
        (proposal) => ({ kind: 'proposal', proposal, valid: isGood(proposal.block), tokens: [] }) as const,
      ),
      ...allVotes(votes).map((vote) => ({ kind: 'vote', vote }) as const),
    ]
  }

  get waitsForDisk(): boolean {
    return this.#toRelease.length > 0
  }

  /** The master dies; acts that were not held may be lost with it, from the end of the log on. */
  replaceMaster(lost: number): void {
    this.#log.length = Math.max(this.#held, this.#log.length - lost)
    this.#held = this.#log.length
    this.#toRelease = []
    this.epoch += 1
    this.timers.clear()
    this.valuesAsked.length = 0
    if (this.decision === null) this.#start()
  }

  fire(name: string): void {
    const timer = this.timers.get(name)
    this.timers.delete(name)
    if (timer !== undefined) this.give(timer.input)
  }

  #start(): void {
    this.state = IDLE
    const resume = this.#setting.lockTravels ? resumeFrom(this.#log) : null
    const { clusters } = this.#setting
    this.give({ kind: 'start', height: HEIGHT, clusters, self: this.id, resume, mayVote: true })
  }

  #serve(request: ConsensusRequest): void {
    switch (request.kind) {
      case 'getValue':
        this.valuesAsked.push(request.round)
        return
      case 'decide':
        this.decision = request.block
        return
      case 'propose':
        this.#write({ ...request, kind: 'proposal' }, request.again)
        return
      case 'vote': {
        const { height, round, block, polka = [] } = request
        if (block !== null && polka.length > 0 && this.#setting.polkasTravel !== false) {
          this.#log.push({ kind: 'polka', height, round, block, votes: polka })
        }
        this.#write(request, request.again)
        return
      }
    }
  }

  #write(record: OwnRecord, again: boolean): void {
    if (!again) this.#log.push(record)
    this.#toRelease.push({ record, needs: this.#log.length })
  }

  #arm(name: string, after: number | null): void {
    if (after === null || this.state.kind !== 'running') {
      this.timers.delete(name)
      return
    }
    const timeout = name.slice('consensus.'.length) as InputOf<'timeout'>['timeout']
    const input = { kind: 'timeout', timeout, height: HEIGHT, round: this.state.round } as const
    this.timers.set(name, { due: this.now + after, input })
  }

  #sign(record: OwnRecord): Message {
    const signed = { cluster: this.id, ...epoch(this.epoch), height: HEIGHT, signature: new Uint8Array(0) }
    const { round, block } = record
    if (record.kind === 'vote') {
      return { kind: 'vote', vote: { ...signed, round, type: record.type, block } satisfies Vote }
    }
    const proposal: Proposal = { ...signed, round, validRound: record.validRound, block: record.block }
    return { kind: 'proposal', proposal, valid: isGood(record.block), tokens: [] }
  }
}

/** Validity in the simulation is in the name. */
export function isGood(block: Hash): boolean {
  return block.startsWith('good')
}
