/** Asking the authority for the next epoch (RG2): the claim, its answers and its repeats. */
import type { Claim, ClaimEvidence } from '../../crypto/statement-types.ts'
import type { Instant, Ms } from '../../ids.ts'
import { comingStandby } from './candidates.ts'
import { formatNonce, nextToken, registry } from './known.ts'
import type { Turn } from './turn.ts'
import type { ElectionState, Input, KnownRegistry, Suspicion } from './types.ts'
import { adoptView } from './view.ts'

/** However soon the authority lets us ask again, we do not spin. */
const RETRY_MIN_MS = 10

/**
 * Sends a claim for the token after the recorded one. One nonce per process and token: a repeat is the same claim
 * (RG1 makes it idempotent), and the grant of whichever copy arrived makes this process master (EL5).
 */
export function sendClaim(turn: Turn, why: Suspicion, preVotedAt: Instant): void {
  const { state, now } = turn
  const known = registry(state)
  if (known === null) return
  const request = state.counters.request
  const claim = makeClaim(state, known, why, now)
  turn.set({
    counters: { ...state.counters, request: request + 1 },
    asked: { token: nextToken(known.token), nonce: claim.nonce },
  })
  turn.become({ r: 'claiming', why, request, sentAt: now, retryAt: null, preVotedAt }, `claims on ${why.kind}`)
  turn.timer('claim', state.config.suspectAfterMs)
  turn.send({ s: 'claim', request, claim })
  turn.event({ e: 'claimSent', request, token: nextToken(known.token), why: why.kind })
}

/** RG8: the registered master asks for a token of the registry's new generation, and keeps its office meanwhile. */
export function sendRenewal(turn: Turn): void {
  const { state, now } = turn
  const known = registry(state)
  if (known === null) return
  const request = state.counters.request
  const claim = makeClaim(state, known, { kind: 'own' }, now)
  turn.set({
    counters: { ...state.counters, request: request + 1 },
    asked: { token: nextToken(known.token), nonce: claim.nonce },
  })
  turn.send({ s: 'claim', request, claim })
  turn.event({ e: 'claimSent', request, token: nextToken(known.token), why: 'own' })
}

function makeClaim(state: ElectionState, known: KnownRegistry, why: Suspicion, now: Instant): Claim {
  const { network, cluster, node } = state.config
  const { generation, epoch } = nextToken(known.token)
  return {
    network,
    cluster,
    generation,
    epoch,
    version: known.version,
    node,
    nonce: formatNonce(state.nonceSeed, { generation, epoch }),
    evidence: evidence(why, now),
    durableIndex: state.log.durableIndex,
    coming: comingStandby(state, now),
  }
}

function evidence(why: Suspicion, now: Instant): ClaimEvidence {
  if (why.kind !== 'silence' && why.kind !== 'lost') return why
  return { kind: why.kind, forMs: Math.floor(now - why.since) }
}

/** A grant comes as `grantSeen`; this only says what became of the request. */
export function onClaimReply(turn: Turn, { request, outcome }: Input<'claimReply'>): void {
  const before = registry(turn.state)
  if (outcome.state !== null) adoptView(turn, outcome.state)
  const { role, config, log } = turn.state
  if (role.r !== 'claiming' || role.request !== request || outcome.ok) return
  turn.event({ e: 'claimRefused', request, code: outcome.code, why: outcome.why })

  const asked = outcome.retryAfterMs ?? config.heartbeatMs
  switch (outcome.code) {
    case 'MASTER_ALIVE':
      // What the authority hears of the master changes at the pace of the master's reports: asking faster only fills its log.
      retry(turn, Math.max(RETRY_MIN_MS, Math.min(asked, config.masterTtlMs / 3)) as Ms)
      return
    case 'PAUSED':
      // RG10: it ends at its expiry, or earlier by an operator; then the registry is told anew and the claim goes at once.
      retry(turn, Math.max(RETRY_MIN_MS, Math.min(asked, config.recoverAfterMs)) as Ms)
      return
    case 'STALE_VERSION': {
      // The registry has moved: decide again on what it is now. If we learned nothing new, do not spin.
      const after = registry(turn.state)
      if (after === null || before === null || after.version > before.version) {
        turn.become({ r: 'suspecting', why: role.why, standAt: turn.now }, 'the registry has moved')
        return
      }
      retry(turn, config.heartbeatMs)
      return
    }
    case 'STARTUP_GRACE':
      retry(turn, Math.max(RETRY_MIN_MS, Math.min(asked, config.masterTtlMs)) as Ms)
      return
    case 'NOT_ELECTABLE': {
      const version = registry(turn.state)?.version
      if (role.why.kind === 'lost') {
        // RG6: what is missing may come with time, or be said by an operator. What others hear of the cluster is told to the authority now
        // and then: asking at once for the last few milliseconds only fills its log.
        const [least, most] = [config.recoverAfterMs / 20, config.recoverAfterMs / 4]
        retry(turn, Math.max(least, Math.min(outcome.retryAfterMs ?? most, most)) as Ms)
        return
      }
      if (version === undefined || outcome.retryAfterMs !== null) {
        // RG9: an ordered master goes on when the heir that it has waited for is not heard any more.
        retry(turn, (outcome.retryAfterMs ?? config.masterTtlMs) as Ms)
        return
      }
      turn.set({ unelectable: { version, durableIndex: log.durableIndex, complete: log.complete } })
      turn.become({ r: 'suspecting', why: role.why, standAt: turn.now }, outcome.why)
      return
    }
    case 'STATEMENT_INVALID':
      // A resignation that does not count would be sent for ever.
      if (role.why.kind === 'resigned') turn.set({ handedOver: null })
      retry(turn, config.masterTtlMs)
      return
    case 'UNREACHABLE':
      // `authorityUp` brings the next attempt forward.
      retry(turn, config.suspectAfterMs)
      return
    default:
      retry(turn, (outcome.retryAfterMs ?? config.masterTtlMs) as Ms)
      return
  }
}

function retry(turn: Turn, after: Ms): void {
  const { role } = turn.state
  if (role.r !== 'claiming') return
  turn.set({ role: { ...role, retryAt: (turn.now + after) as Instant } })
  turn.timer('claim', after)
}

/** A refused claim is repeated at once; with `lost`, so is one whose answer cannot come any more. */
export function hastenClaim(turn: Turn, lost: boolean): void {
  const { role } = turn.state
  if (role.r === 'claiming' && (lost || role.retryAt !== null)) turn.set({ role: { ...role, retryAt: turn.now } })
}

/** True when the claim is due again: its retry time has come, or its answer is overdue. */
export function claimDue(turn: Turn): boolean {
  const { role, config } = turn.state
  if (role.r !== 'claiming') return false
  return role.retryAt === null ? turn.now - role.sentAt >= config.suspectAfterMs : turn.now >= role.retryAt
}
