/**
 * The election machine: decides the role of one node in its cluster. Pure: `electionStep(state, input, { now })`. Rules in
 * SPEC.md; each input has its handler in the file of its rule, and `consider` draws the conclusion at the end.
 */
import { assert, unreachable } from '../../assert.ts'
import { type Instant, type LogIndex, sameToken } from '../../ids.ts'
import { type Moment, unchanged } from '../step.ts'
import { onAuthorityDown, onAuthorityUp, onHeardByAuthority, onSessionClosed } from './authority.ts'
import { consider } from './candidacy.ts'
import { onClaimReply } from './claim.ts'
import { onLinkDown, onLinkUp, onProbeResult, watchMaster } from './detection.ts'
import { onHeartbeat, onTick } from './heartbeat.ts'
import { brokenInStep } from './invariants.ts'
import { NO_TOKEN } from './known.ts'
import { onGrantSeen } from './mastership.ts'
import { obeyOrder, renewGeneration } from './office.ts'
import { onPreVote, onPreVoteAnswer, onRoundOver, withdrawObjections } from './pre-vote.ts'
import { heartbeatOf, sendHeartbeats, sendReport, spokenRole } from './reporting.ts'
import { onHandover, onHandoverOverdue, onResign, onResignationSigned, onSealed } from './resignation.ts'
import { noticeStall, onStalled, regainCertainty } from './stall.ts'
import { Turn } from './turn.ts'
import type { ElectionConfig, ElectionInput, ElectionState, ElectionStep, ElectionTimer, Input } from './types.ts'
import { adoptView } from './view.ts'

/** The state before `started`. */
export function initialElection(config: ElectionConfig): ElectionState {
  const never = Number.NEGATIVE_INFINITY as Instant
  return {
    config,
    nonceSeed: '',
    role: { r: 'starting' },
    own: null,
    ownSince: never,
    grant: null,
    view: null,
    peers: new Map(),
    authority: { linkUp: false, answeredAt: null, unanswered: [] },
    revoked: new Set(),
    longest: 0 as LogIndex,
    log: { durableIndex: 0 as LogIndex, height: 0, complete: false, cannotHoldSince: null },
    suspectedSince: null,
    asked: null,
    challenges: [],
    unelectable: null,
    declined: new Map(),
    handedOver: null,
    awakeSince: never,
    lastTickAt: never,
    unsureSince: null,
    renewedAt: null,
    counters: { report: 1, request: 1, attempt: 1 },
  }
}

/** What comes of `input` at `now`. Throws only on our own bugs (`AssertionFailure`); a refused input is `rejected`. */
export function electionStep(state: ElectionState, input: ElectionInput, { now }: Moment): ElectionStep {
  assert((state.role.r === 'starting') === (input.i === 'started'), `${input.i} in role ${state.role.r}`)
  if (state.role.r === 'stopped') return unchanged(state)
  const turn = new Turn(state, now)
  if (input.i !== 'started') noticeStall(turn)
  handle(turn, input)
  conclude(turn, state, input)
  const done = turn.finish()
  const broken = brokenInStep(state, input, done)
  assert(broken.length === 0, `election: ${broken.join('; ')}`)
  return done
}

function handle(turn: Turn, input: ElectionInput): void {
  switch (input.i) {
    case 'started':
      onStarted(turn, input)
      return
    case 'grantSeen':
      onGrantSeen(turn, input)
      return
    case 'view':
      adoptView(turn, input.view)
      return
    case 'claimReply':
      onClaimReply(turn, input)
      return
    case 'linkUp':
      onLinkUp(turn, input)
      turn.send({ s: 'peer', peer: input.peer, message: heartbeatOf(turn.state, turn.now) })
      return
    case 'linkDown':
      onLinkDown(turn, input)
      return
    case 'probeResult':
      onProbeResult(turn, input)
      return
    case 'heartbeat':
      onHeartbeat(turn, input)
      return
    case 'preVote':
      onPreVote(turn, input)
      return
    case 'preVoteAnswer':
      onPreVoteAnswer(turn, input)
      return
    case 'handover':
      onHandover(turn, input)
      return
    case 'authorityUp':
      onAuthorityUp(turn, input)
      return
    case 'authorityDown':
      onAuthorityDown(turn)
      return
    case 'revoked':
      turn.set({ revoked: new Set(input.nodes) })
      return
    case 'sessionClosed':
      onSessionClosed(turn, input)
      return
    case 'heardByAuthority':
      onHeardByAuthority(turn, input)
      return
    case 'logStatus':
      onLogStatus(turn, input)
      return
    case 'stalled':
      onStalled(turn, input.ms)
      return
    case 'resign':
      onResign(turn, input)
      return
    case 'sealed':
      onSealed(turn, input)
      return
    case 'resignationSigned':
      onResignationSigned(turn, input)
      return
    case 'timer':
      onTimer(turn, input.name)
      return
    default:
      unreachable(input)
  }
}

/** EL6: what a claim is measured by is told at once, so that no claim comes before it: that the log was truncated, is whole again, or no longer is. */
function onLogStatus(turn: Turn, { log }: Input<'logStatus'>): void {
  const { log: before, longest } = turn.state
  turn.set({ log, longest: Math.max(longest, log.durableIndex) as LogIndex })
  if (log.durableIndex < before.durableIndex || log.complete !== before.complete) sendReport(turn)
}

function onStarted(turn: Turn, { own, resume, nonceSeed, log }: Input<'started'>): void {
  const { now } = turn
  turn.set({ own, nonceSeed, log, longest: log.durableIndex, ownSince: now, awakeSince: now, lastTickAt: now })
  turn.timer('tick', turn.state.config.heartbeatMs)
  if (own !== null && resume) {
    assert(own.node === turn.state.config.node, 'only the node of the token on disk can go on as master')
    turn.become({ r: 'master', token: own.token, since: now }, 'goes on after a restart')
    turn.send({ s: 'resumeMaster', token: own.token })
  } else {
    turn.become({ r: 'follower' }, 'started')
  }
}

function onTimer(turn: Turn, name: ElectionTimer): void {
  switch (name) {
    case 'tick':
      onTick(turn)
      return
    case 'report':
      sendReport(turn)
      return
    case 'preVote':
      onRoundOver(turn)
      return
    case 'handover':
      onHandoverOverdue(turn)
      return
    case 'stand':
    case 'claim':
      // `consider` looks at the clock.
      return
    default:
      unreachable(name)
  }
}

/** Draws the conclusions from whatever has changed, and tells everyone at once what they must not learn late. */
function conclude(turn: Turn, before: ElectionState, input: ElectionInput): void {
  watchMaster(turn, input.i === 'timer' && input.name === 'tick')
  obeyOrder(turn)
  renewGeneration(turn)
  consider(turn)
  withdrawObjections(turn)
  regainCertainty(turn)
  const { state } = turn
  if (state.role.r === 'stopped') {
    for (const name of ['tick', 'report'] as const) turn.timer(name, null)
  }
  const changed =
    spokenRole(before) !== spokenRole(state) || !sameToken(before.own?.token ?? NO_TOKEN, state.own?.token ?? NO_TOKEN)
  if (changed || input.i === 'started') {
    sendHeartbeats(turn)
    sendReport(turn)
  }
}
