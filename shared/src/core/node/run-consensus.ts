/** The node's side of consensus: every act it asks for becomes a record first (GU2). */
import { assert, unreachable } from '../../assert.ts'
import { encodeCertificate } from '../../codec/certificate.ts'
import { compareTokens, type Hash, type Height, type Ms, type Round } from '../../ids.ts'
import { consensusStep } from '../consensus/machine.ts'
import type { Vote } from '../consensus/messages.ts'
import type { TimeoutKind } from '../consensus/timeouts.ts'
import type { ConsensusInput, ConsensusRequest, ConsensusState } from '../consensus/types.ts'
import { applyMasterships } from '../ledger/tokens.ts'
import type { CommitCertificate } from '../ledger/types.ts'
import { coversCredentials } from './facts.ts'
import { keepBody } from './interpret.ts'
import { wantCurrentHeight } from './mastership.ts'
import { writeRecord } from './run-guard.ts'
import { isLeading } from './state.ts'
import { countCall, later, reject, type Turn } from './turn.ts'

export function runConsensus(turn: Turn, input: ConsensusInput): void {
  countCall(turn)
  const step = consensusStep(turn.state.consensus, input, { now: turn.context.now })
  turn.state = { ...turn.state, consensus: step.state }
  reject(turn, step.rejected)
  for (const timer of step.timers) setTimer(turn, timer.name.slice('consensus.'.length) as TimeoutKind, timer.after)
  turn.events.push(...step.events)
  for (const request of step.send) serve(turn, request)
  for (const event of step.events) {
    if (event.kind === 'roundEntered' && turn.state.leaderless.has(event.proposer)) {
      runConsensus(turn, { kind: 'suspectProposer', cluster: event.proposer })
    }
    if (event.kind === 'commitWithoutBlock') wantCurrentHeight(turn)
  }
}

/** A timer belongs to the round in which it was asked for. */
function setTimer(turn: Turn, kind: TimeoutKind, after: Ms | null): void {
  const consensusTimers = new Map(turn.state.consensusTimers)
  const consensus: ConsensusState = turn.state.consensus
  if (after === null || consensus.kind !== 'running') consensusTimers.delete(kind)
  else consensusTimers.set(kind, { height: consensus.height, round: consensus.round })
  turn.state = { ...turn.state, consensusTimers }
  turn.timers.push({ name: `consensus:${kind}`, after })
}

function serve(turn: Turn, request: ConsensusRequest): void {
  if (!isLeading(turn.state)) return
  const { cluster } = turn.state.config.election
  const token = turn.state.guard.token
  switch (request.kind) {
    case 'getValue':
      turn.send.push({ s: 'getTransactions', height: request.height, round: request.round })
      return
    case 'propose': {
      const { height, round, validRound, block } = request
      logBody(turn, block)
      writeRecord(
        turn,
        { kind: 'proposal', height, round, validRound, block },
        { r: 'act', act: { act: 'proposal', proposal: { cluster, ...token, height, round, validRound, block } } },
      )
      return
    }
    case 'vote': {
      const { height, round, type, block, polka = [] } = request
      if (block !== null) logBody(turn, block)
      if (block !== null && polka.length > 0) logPolka(turn, height, round, block, polka)
      writeRecord(
        turn,
        { kind: 'vote', height, round, type, block },
        { r: 'act', act: { act: 'vote', vote: { cluster, ...token, height, round, type, block } } },
      )
      return
    }
    case 'decide':
      decide(turn, request)
      return
    default:
      unreachable(request)
  }
}

/** GU7: the body is in the log before any act that names it. */
export function logBody(turn: Turn, block: Hash): void {
  const body = turn.state.bodies.get(block)
  assert(body !== undefined, `GU7: an act names block ${block}, whose body is not here`)
  if (body.logged !== null) return
  const index = turn.state.guard.last.index + 1
  writeRecord(turn, { kind: 'body', block: body.block.bytes }, null)
  keepBody(turn, { ...body, logged: index as never })
}

/** GU7: what the lock rests on stands before it, so that a new master can show it. An older program could not read on; it is without (PV2). */
function logPolka(turn: Turn, height: Height, round: Round, block: Hash, polka: readonly Vote[]): void {
  if (turn.state.olderPeers.size > 0) return
  const votes = polka.map(({ cluster, generation, epoch, signature }) => ({ cluster, generation, epoch, signature }))
  writeRecord(turn, { kind: 'polka', height, round, block, votes }, null)
}

function decide(turn: Turn, request: Extract<ConsensusRequest, { kind: 'decide' }>): void {
  const body = turn.state.bodies.get(request.block)
  assert(body !== undefined, `block ${request.block} was decided without being here`)
  logDecided(turn, certificateOf(turn, request, request.votes), coversCredentials(body.block, body.facts))
  turn.events.push({
    event: 'decided',
    height: request.height,
    round: request.round,
    block: request.block,
    transactions: body.block.transactions.length,
  })
}

/** Writes a decided height into the log and has it executed once the entry is on its way to the standby. */
export function logDecided(turn: Turn, certificate: CommitCertificate, certified: boolean): void {
  logBody(turn, certificate.block)
  const index = turn.state.guard.last.index + 1
  writeRecord(
    turn,
    { kind: 'decided', certificate: encodeCertificate(certificate) },
    { r: 'height', height: certificate.height },
  )
  const entry = { index: index as never, certificate, certified, asked: false }
  turn.state = { ...turn.state, decided: new Map(turn.state.decided).set(certificate.height, entry) }
  later(turn, { i: 'execute' })
}

/** The certificate carries the credentials of votes whose token is above the block's own table (ID8). */
function certificateOf(
  turn: Turn,
  { height, round, block }: { height: CommitCertificate['height']; round: CommitCertificate['round']; block: Hash },
  votes: readonly Vote[],
): CommitCertificate {
  const body = turn.state.bodies.get(block)
  const applied = applyMasterships(turn.context.hash, turn.state.chain.tokens, body?.facts.masterships ?? [])
  assert(applied.ok, 'a decided block carries a token table that rises')
  const table = new Map(applied.value.entries.map((entry) => [entry.cluster, entry]))
  const { masterships, superseded } = turn.state
  const credentials = []
  for (const vote of votes) {
    const entry = table.get(vote.cluster)
    if (entry !== undefined && compareTokens(vote, entry) <= 0) continue
    // Its cluster may have switched again since it voted.
    const known = [masterships.get(vote.cluster), ...superseded].find(
      (mastership) => mastership?.cluster === vote.cluster && compareTokens(mastership, vote) === 0,
    )
    if (known !== undefined) credentials.push(known.credential)
  }
  return {
    height,
    round,
    block,
    votes: votes.map(({ cluster, generation, epoch, signature }) => ({ cluster, generation, epoch, signature })),
    credentials,
  }
}
