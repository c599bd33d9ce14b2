/**
 * Which role may follow which on which input. Total: the compiler refuses a missing cell, `invariants.ts` refuses a
 * step that leaves it, and a test walks it. Every cell may also keep its role; `[]` means: keeps it.
 */
import type { InputName, RoleName } from './types.ts'

type Cell = readonly RoleName[]

/** What `consider` may make of a node without an office. A claim with nobody to ask goes out in the same step. */
const ANY_CANDIDATE: Cell = ['follower', 'suspecting', 'preVoting', 'claiming']

/** A grant: ours, another's, or a second one at the same token. */
const GRANTED: Cell = ['follower', 'suspecting', 'preVoting', 'claiming', 'master', 'frozen']

const candidate: Record<InputName, Cell> = {
  started: [],
  grantSeen: GRANTED,
  view: ANY_CANDIDATE,
  claimReply: ANY_CANDIDATE,
  linkUp: ANY_CANDIDATE,
  linkDown: ANY_CANDIDATE,
  probeResult: ANY_CANDIDATE,
  heartbeat: ANY_CANDIDATE,
  preVote: ANY_CANDIDATE,
  preVoteAnswer: ANY_CANDIDATE,
  handover: ANY_CANDIDATE,
  authorityUp: ANY_CANDIDATE,
  authorityDown: ANY_CANDIDATE,
  revoked: ANY_CANDIDATE,
  sessionClosed: ANY_CANDIDATE,
  heardByAuthority: ANY_CANDIDATE,
  logStatus: ANY_CANDIDATE,
  stalled: ANY_CANDIDATE,
  resign: ['stopped', ...ANY_CANDIDATE],
  sealed: ANY_CANDIDATE,
  resignationSigned: ANY_CANDIDATE,
  timer: ANY_CANDIDATE,
}

/** Any input may be the first after a stall (EL2), so any may start a resignation. */
const STALLED: Cell = ['resigning']

const master: Record<InputName, Cell> = {
  started: [],
  grantSeen: [...GRANTED, 'resigning', 'stopped'],
  view: STALLED,
  claimReply: STALLED,
  linkUp: STALLED,
  linkDown: STALLED,
  probeResult: STALLED,
  heartbeat: STALLED,
  preVote: STALLED,
  preVoteAnswer: STALLED,
  handover: STALLED,
  authorityUp: STALLED,
  authorityDown: STALLED,
  revoked: STALLED,
  sessionClosed: STALLED,
  heardByAuthority: STALLED,
  logStatus: STALLED,
  stalled: STALLED,
  resign: ['resigning', 'stopped'],
  sealed: STALLED,
  resignationSigned: STALLED,
  timer: STALLED,
}

/** Keeps its role on everything. */
const inert: Record<InputName, Cell> = {
  started: [],
  grantSeen: [],
  view: [],
  claimReply: [],
  linkUp: [],
  linkDown: [],
  probeResult: [],
  heartbeat: [],
  preVote: [],
  preVoteAnswer: [],
  handover: [],
  authorityUp: [],
  authorityDown: [],
  revoked: [],
  sessionClosed: [],
  heardByAuthority: [],
  logStatus: [],
  stalled: [],
  resign: [],
  sealed: [],
  resignationSigned: [],
  timer: [],
}

/** Given up with nobody to take over: it claims as `own`, or has left. */
const GIVEN_UP: Cell = ['follower', 'suspecting', 'claiming', 'stopped']

export const TRANSITIONS: Record<RoleName, Record<InputName, Cell>> = {
  starting: { ...inert, started: ['follower', 'suspecting', 'claiming', 'master'] },
  follower: candidate,
  suspecting: candidate,
  preVoting: candidate,
  claiming: candidate,
  master,
  resigning: { ...inert, grantSeen: [...GRANTED, 'stopped'], sealed: GIVEN_UP, timer: GIVEN_UP },
  stopped: inert,
  frozen: { ...inert, resign: ['stopped'] },
}
