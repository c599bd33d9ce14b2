/** Where each input may lead from each state. Total: the compiler refuses a missing cell; invariants check every step against it. */
import type { InputName, StateName } from './types.ts'

const STARTED: readonly StateName[] = ['waiting', 'running']
/** A message of this height wakes it, and with one cluster may decide it; a refused one leaves it waiting. */
const WOKEN: readonly StateName[] = ['waiting', 'running', 'decided']
/** Only proposals and votes decide. */
const JUDGED: readonly StateName[] = ['running', 'decided']

export const TRANSITIONS: { readonly [S in StateName]: { readonly [I in InputName]: readonly StateName[] } } = {
  idle: {
    start: STARTED,
    work: ['idle'],
    proposal: ['idle'],
    vote: ['idle'],
    timeout: ['idle'],
    value: ['idle'],
    suspectProposer: ['idle'],
    repriseTokens: ['idle'],
  },
  waiting: {
    start: STARTED,
    work: ['running'],
    proposal: WOKEN,
    vote: WOKEN,
    timeout: ['waiting'],
    value: ['waiting'],
    suspectProposer: ['waiting'],
    repriseTokens: ['waiting'],
  },
  running: {
    start: STARTED,
    work: ['running'],
    proposal: JUDGED,
    vote: JUDGED,
    timeout: ['running'],
    value: ['running'],
    suspectProposer: ['running'],
    repriseTokens: ['running'],
  },
  decided: {
    start: STARTED,
    work: ['decided'],
    proposal: ['decided'],
    vote: ['decided'],
    timeout: ['decided'],
    value: ['decided'],
    suspectProposer: ['decided'],
    repriseTokens: ['decided'],
  },
}
