/**
 * The audit of a network: a pure machine, run by the directory and the simulator. The rules are in SPEC.md. One step takes one
 * input in; what follows from it for orders and for the authorities is decided at the end of every step.
 */
import type { ClusterId, Instant } from '../../ids.ts'
import type { Moment } from '../step.ts'
import { unchanged } from '../step.ts'
import { beginCounter, forgetOld } from './counters.ts'
import { accuse, prove } from './evidence.ts'
import { endOrder, order, orderTaken, sayAgain } from './orders.ts'
import { AUDIT_DEFAULTS, type AuditPolicy } from './policy.ts'
import { takeReport } from './results.ts'
import { tellSilence } from './silence.ts'
import type { AuditInput, AuditState, AuditStep, StandingOrder } from './types.ts'

type InputName = AuditInput['i']
type Cell<Name extends InputName> = (
  state: AuditState,
  input: Extract<AuditInput, { readonly i: Name }>,
  now: Instant,
) => AuditStep

/** What happens on each input: the compiler refuses a missing cell. */
export const TRANSITIONS: { readonly [Name in InputName]: Cell<Name> } = {
  master: beginCounter,
  report: takeReport,
  evidence: prove,
  accusation: accuse,
  orderTaken,
  orderEnded: endOrder,
  tick: (state) => unchanged(state),
}

/** `standing`: an order that was given in an earlier life, and is not known to have ended. */
export function createAudit(
  clusters: readonly ClusterId[],
  policy: Partial<AuditPolicy> = {},
  standing: StandingOrder | null = null,
): AuditState {
  return {
    clusters: [...clusters].sort(),
    policy: { ...AUDIT_DEFAULTS, ...policy },
    reports: new Map(),
    counters: new Map(),
    passes: new Map(),
    alerted: false,
    standing,
    // It may never have arrived.
    sentAt: Number.NEGATIVE_INFINITY as Instant,
    hearsay: new Map(),
    told: new Map(),
  }
}

/** One verified input. Never throws on what a master says. */
export function step(state: AuditState, input: AuditInput, { now }: Moment): AuditStep {
  const cell = TRANSITIONS[input.i] as (state: AuditState, input: AuditInput, now: Instant) => AuditStep
  const taken = cell(forgetOld(state, now), input, now)
  return [order, sayAgain, tellSilence].reduce((done, follow) => chain(done, follow(done.state, now)), taken)
}

function chain(first: AuditStep, second: AuditStep): AuditStep {
  return {
    ...first,
    state: second.state,
    write: [...first.write, ...second.write],
    send: [...first.send, ...second.send],
    events: [...first.events, ...second.events],
  }
}
