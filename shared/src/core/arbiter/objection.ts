/**
 * What of another member's word is not taken in, whatever its form: members are trusted to fail by stopping, but one that lies or has gone wrong
 * must end nobody's process, now or at the next start (MJ1). Nothing that a sound member says is objected to.
 */
import { compareTokens, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { brokenRegistry } from '../registry/invariants.ts'
import type { Rejection } from '../step.ts'
import { type Ballot, highestBallot, isAbove } from './ballot.ts'
import type { ArbiterMessage } from './messages.ts'
import type { Accepted, ArbiterConfig, ArbiterState, RegisterValue } from './types.ts'

/** Null: it is heard. */
export function objectionTo(state: ArbiterState, message: ArbiterMessage): Rejection | null {
  return objectionToBallots(state, message) ?? objectionToValues(state, message)
}

/**
 * Why `later` cannot have been decided, or accepted under a ballot above that of a decision, after `known` was decided; null: it can. Every such
 * value goes on from the decided one (SPEC.md, "Why one value per version").
 */
export function contradiction(known: RegisterValue, later: RegisterValue): Rejection | null {
  const [was, is] = [known.registry, later.registry]
  if (was.status !== 'founded') return null
  if (is.status !== 'founded') return unexpected('a founded cluster is founded no more')
  const order = compareTokens(is.lastGrant, was.lastGrant)
  if (order < 0) return { code: 'LOWER_TOKEN', why: 'the token of a later decision is lower' }
  if (is.version < was.version) return unexpected('a later decision of an older version')
  if (sameToken(is.lastGrant, was.lastGrant) && is.lastGrant.node !== was.lastGrant.node) {
    return unexpected('one token, two masters')
  }
  return null
}

/**
 * A ballot so high that none is left above it would take every vote for ever; one that is far above all that this member has seen is no sound member's,
 * who takes one more each time. Whoever has lost its disk has seen none yet.
 */
function objectionToBallots({ standing, counter }: ArbiterState, message: ArbiterMessage): Rejection | null {
  const named = highestBallot(ballotsIn(message))
  if (named === null) return null
  const limit =
    standing.s === 'asking' ? LIMITS.raisedNumber : Math.min(LIMITS.raisedNumber, counter + LIMITS.ballotLead)
  return named.counter <= limit ? null : unexpected(`a ballot of ${named.counter}, and the highest seen is ${counter}`)
}

function ballotsIn(message: ArbiterMessage): readonly (Ballot | null)[] {
  switch (message.m) {
    case 'prepare':
    case 'accept':
    case 'accepted':
      return [message.ballot]
    case 'promise':
      return [message.ballot, message.accepted?.ballot ?? null]
    case 'refused':
      return [message.ballot, message.promised]
    case 'decided':
      return [message.decided.ballot]
    case 'memory':
      return [message.promised, message.accepted?.ballot ?? null]
    default:
      return []
  }
}

function objectionToValues({ config, decided }: ArbiterState, message: ArbiterMessage): Rejection | null {
  if (message.m === 'promise' && message.accepted !== null && !isAbove(message.ballot, message.accepted.ballot)) {
    return unexpected('a promise of a ballot that is not above what was accepted before')
  }
  if (message.m === 'memory' && message.accepted !== null && isAbove(message.accepted.ballot, message.promised)) {
    return unexpected('something was accepted above what was promised')
  }
  const named = acceptedIn(message)
  if (named === null) return null
  const { registry, proof } = named.value
  if (message.m === 'decided' && registry.status === 'founded' && proof === null) {
    return unexpected('a decided grant without its proof')
  }
  const broken = brokenValue(config, named.value)
  if (broken !== null) return unexpected(broken)
  if (decided === null || !isAbove(named.ballot, decided.ballot)) return null
  return contradiction(decided.value, named.value)
}

function acceptedIn(message: ArbiterMessage): Accepted | null {
  switch (message.m) {
    case 'promise':
    case 'memory':
      return message.accepted
    case 'accept':
      return { ballot: message.ballot, value: message.value }
    case 'decided':
      return message.decided
    default:
      return null
  }
}

function brokenValue({ network, cluster, founder }: ArbiterConfig, { registry }: RegisterValue): string | null {
  if (registry.network !== network || registry.cluster !== cluster || registry.founder !== founder) {
    return 'a registry of another cluster'
  }
  const epoch = registry.status === 'founded' ? registry.epoch : 0
  if (Math.max(registry.version, registry.generation, epoch) > LIMITS.raisedNumber)
    return 'a number that nothing can follow'
  return brokenRegistry(registry)[0] ?? null
}

function unexpected(why: string): Rejection {
  return { code: 'PEER_UNEXPECTED', why }
}
