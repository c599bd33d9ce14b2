/** Becoming and ceasing to be the cluster's voice. */
import { assert } from '../../assert.ts'
import { type Height, type LogIndex, sameToken, type Token } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { KnownGrant } from '../election/types.ts'
import { logToken } from './epoch-ack.ts'
import { REPAIR_MS, restOfConsensus, startHeight } from './height.ts'
import { informAll, wantCurrentHeight } from './mastership.ts'
import { blankRecovery, sayRecovered } from './recovery.ts'
import { TEND_MS } from './repair.ts'
import { logDecided } from './run-consensus.ts'
import { runGuard, writeRecord } from './run-guard.ts'
import { isLeading, type NodeState, tipHeight } from './state.ts'
import { later, type Turn } from './turn.ts'

/** A grant made this process master: its log is the truth from here on (GU3). */
export function beginLeading(turn: Turn, grant: KnownGrant): void {
  const { mastership, syncSet, version } = grant
  const token = { generation: mastership.generation, epoch: mastership.epoch }
  takeOffice(turn, mastership.recovering, token)
  releaseDecided(turn)
  runGuard(turn, { i: 'lead', token, syncSet, version, nonce: processNonce(turn, token) })
  announce(turn, token, false)
}

/** RG2: this node restarted, its required set is on its disk and no higher token is known. */
export function resumeLeading(turn: Turn): void {
  const { required } = turn.state
  assert(required !== null, 'RG2: resuming without a required set on disk')
  // The grant on disk carries the mark; the end of the recovery is a promise of its own.
  const { masterships, config, recovered } = turn.state
  const known = masterships.get(config.election.cluster)
  const ended = recovered !== null && sameToken(recovered, required.token)
  takeOffice(
    turn,
    known !== undefined && sameToken(known, required.token) && known.recovering && !ended,
    required.token,
  )
  releaseDecided(turn)
  runGuard(turn, { i: 'resume', required, nonce: processNonce(turn, required.token) })
  announce(turn, required.token, true)
}

function takeOffice(turn: Turn, recovering: boolean, token: Token): void {
  const { now } = turn.context
  const recovery = recovering ? blankRecovery(turn.state, now) : null
  turn.state = {
    ...turn.state,
    recovery,
    differing: null,
    handOver: null,
    heldTokens: new Map(),
    heardAt: new Map(),
    leadingSince: now,
  }
  turn.timers.push({ name: 'legacy', after: null })
  if (recovering) turn.events.push({ event: 'recovery-began', token, height: tipHeight(turn.state) })
}

/** Nothing is signed or released after this returns. */
export function endLeading(turn: Turn, token: Token, why: string): void {
  if (!isLeading(turn.state)) return
  runGuard(turn, { i: 'seal' })
  restOfConsensus(turn)
  turn.state = { ...turn.state, releases: [], early: new Map(), recovery: null, heldTokens: new Map() }
  turn.timers.push(
    { name: 'repair', after: null },
    { name: 'tend', after: null },
    { name: 'heartbeatBlock', after: null },
    { name: 'guard', after: null },
  )
  turn.events.push({ event: 'stepped-down', token, why })
  turn.send.push({ s: 'mastership', master: false, token })
}

function announce(turn: Turn, token: Token, resumed: boolean): void {
  turn.events.push({ event: 'promoted', token, height: tipHeight(turn.state), resumed })
  turn.send.push({ s: 'mastership', master: true, token })
  informAll(turn)
  logTokens(turn, resumed)
  logFetched(turn)
  // What the log says is decided comes first; the next height starts when it is executed.
  later(turn, { i: 'execute' })
  startHeight(turn)
  wantCurrentHeight(turn)
  turn.timers.push({ name: 'repair', after: REPAIR_MS }, { name: 'tend', after: TEND_MS })
  sayRecovered(turn)
}

/**
 * NW1: what this node learned of other clusters while it followed is not in the log; from now on it is, before any act. After a restart
 * it is there; recovering tokens are written once more, to learn when they are held (RC1).
 */
function logTokens(turn: Turn, resumed: boolean): void {
  const { masterships, config } = turn.state
  for (const [cluster, mastership] of masterships) {
    if (cluster !== config.election.cluster && (!resumed || mastership.recovering)) logToken(turn, mastership)
  }
}

/**
 * Blocks that this node had fetched while it followed, executed or not, are not in the log: the standbys are to have them like all
 * others before anybody is told of them (GU1, GU2).
 */
function logFetched(turn: Turn): void {
  const tip = tipHeight(turn.state)
  const logged = loggedHeight(turn.state)
  const first = logged === null ? tip : Math.max(logged + 1, tip - LIMITS.blockRange + 1)
  for (let height = first; height <= tip; height++) logExecuted(turn, height as Height)
  const { decided, bodies } = turn.state
  const fetched = [...decided.values()].filter(
    ({ index, certificate }) => index === null && bodies.has(certificate.block),
  )
  for (const { certificate, certified } of fetched.sort((a, b) => a.certificate.height - b.certificate.height)) {
    logDecided(turn, certificate, certified)
  }
}

/** The highest executed height whose decision is in the log; null when a log that begins at a later base does not tell. */
function loggedHeight({ executedAt, guard }: NodeState): number | null {
  return executedAt.at(-1)?.height ?? (guard.base.index === 0 ? 0 : null)
}

function logExecuted(turn: Turn, height: Height): void {
  const stored = turn.context.chain.block(height)
  assert(stored !== null, `block ${height} is on the chain`)
  writeRecord(turn, { kind: 'body', block: stored.bytes }, null)
  const index = (turn.state.guard.last.index + 1) as LogIndex
  writeRecord(turn, { kind: 'decided', certificate: stored.certificate }, { r: 'height', height })
  turn.state = { ...turn.state, executedAt: [...turn.state.executedAt, { height, index }] }
}

/** What the log says is decided is held once the barrier behind it is: clients who ask again may be told then (GU2). */
function releaseDecided(turn: Turn): void {
  const { guard, decided } = turn.state
  const index = (guard.last.index + 1) as LogIndex
  const logged = [...decided].filter(([, entry]) => entry.index !== null).map(([height]) => height)
  const executed = loggedHeight(turn.state)
  const heights = [...(executed ? [executed] : []), ...logged.sort((a, b) => a - b)] as Height[]
  turn.state = { ...turn.state, releases: heights.map((height) => ({ index, what: { r: 'height', height } })) }
}

/** Barriers of different processes must differ even under one token: see `TailSpan`. */
function processNonce(turn: Turn, token: Token): string {
  return `${turn.state.config.election.node}/${turn.state.nonceSeed}/${token.generation}.${token.epoch}`
}
