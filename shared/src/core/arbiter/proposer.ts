/**
 * A member that wants something of the registry (MJ1): it has a majority promise, takes up what they accepted last, lets the registry
 * machine decide over it, and has a majority accept what comes of that. One proposal at a time; nothing is answered before it is decided.
 */
import { type Instant, type Ms, type NodeId, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { step } from '../registry/machine.ts'
import type { Refusal, RegistryInput, RegistryStep } from '../registry/messages.ts'
import { type Created, startAuthority } from '../registry/types.ts'
import { accept, promise, whatToSign } from './acceptor.ts'
import { compareBallots, majorityOf } from './ballot.ts'
import { hearTogether, standsStill } from './hearing.ts'
import { isContradicted, learn } from './learner.ts'
import type { ArbiterMessage } from './messages.ts'
import { askMs, roundMs } from './pace.ts'
import { type Basis, basisOf } from './quorum.ts'
import type { Turn } from './turn.ts'
import type { Accepted, Ask, Proposal, RegisterValue } from './types.ts'

type Message<Name extends ArbiterMessage['m']> = Extract<ArbiterMessage, { readonly m: Name }>
type In<Phase extends Proposal['p']> = Extract<Proposal, { readonly p: Phase }>

/** It waits for its turn, which `next` gives; more than the limit are refused. */
export function onAsk(turn: Turn, ask: Ask): void {
  const { asks } = turn.state
  if (asks.length >= LIMITS.arbiterAsks) {
    refuseAsk(turn, ask, 'too many requests wait here')
    return
  }
  turn.set({ asks: [...asks, ask] })
}

/** What waits begins, unless something is under way: at the end of every step. */
export function next(turn: Turn): void {
  const { proposal, asks, standing } = turn.state
  const [ask, ...rest] = asks
  if (proposal !== null || ask === undefined) return
  turn.set({ asks: rest })
  if (standing.s === 'asking') {
    refuseAsk(turn, ask, 'this member has no vote before all others have told what they hold')
    next(turn)
    return
  }
  prepare(turn, { ask, attempt: 1, until: (turn.context.now + askMs(turn.state.config.policy)) as Instant })
}

function prepare(turn: Turn, about: { readonly ask: Ask; readonly attempt: number; readonly until: Instant }): void {
  const me = turn.state.config.member.node
  if (turn.state.counter >= LIMITS.raisedNumber) {
    refuseAsk(turn, about.ask, 'no ballot is left: a member has used them up')
    done(turn)
    return
  }
  const ballot = { counter: turn.state.counter + 1, node: me }
  const own = promise(turn, ballot)
  turn.set({ proposal: { ...about, p: 'preparing', ballot, promises: new Map([[me, own]]) } })
  turn.tellOthers({ m: 'prepare', ballot })
  turn.timer('proposal', roundMs(turn.state.config.policy))
}

export function onPromise(turn: Turn, from: NodeId, message: Message<'promise'>): void {
  const { proposal, config } = turn.state
  if (proposal?.p !== 'preparing' || compareBallots(proposal.ballot, message.ballot) !== 0) return
  const { accepted, hearing } = message
  const promises = new Map(proposal.promises).set(from, { accepted, hearing })
  const preparing = { ...proposal, promises }
  turn.set({ proposal: preparing })
  const basis = basisOf(config.members, promises)
  if (basis !== null) decide(turn, preparing, basis)
}

/** The registry machine decides; what changes nothing and rests on a decided value needs nobody's vote. */
function decide(turn: Turn, proposal: In<'preparing'>, basis: Basis): void {
  const { base } = basis
  if (base !== null && isContradicted(turn, base)) {
    startAgain(turn)
    return
  }
  const taken = base === null ? foundingStep(turn, proposal.ask) : registryStep(turn, proposal, base)
  if (taken === null || standsStill(taken.state)) {
    const why = taken === null ? 'the cluster is not founded' : 'it contradicts what a majority of the members holds'
    refuseAsk(turn, proposal.ask, why)
    done(turn)
    return
  }
  const { send, events } = taken
  const registry = taken.state.registry as Created
  const changed = base === null || base.value.registry.version !== registry.version
  const known = base === null ? null : { ...base, value: proven(turn, base.value) }
  const writes = taken.write.some(({ w }) => w !== 'acknowledged')
  if (!writes && !changed && known !== null && basis.decided && isProven(known.value)) {
    turn.answer(send, events)
    learn(turn, known)
    done(turn)
    return
  }
  const proof = known === null || !sameGrant(known.value.registry, registry) ? null : known.value.proof
  const value = { registry, proof }
  const founding = basis.needed > majorityOf(turn.state.config.members)
  const { ask, attempt, until, ballot } = proposal
  const accepting = { ask, attempt, until, ballot, value, needed: basis.needed, send, events }
  turn.set({ proposal: { ...accepting, p: 'accepting', signatures: new Map() } })
  turn.tellOthers({ m: 'accept', ballot, value, founding })
  turn.timer('proposal', roundMs(turn.state.config.policy))
  // Another member may have asked for a higher promise meanwhile.
  const { promised } = turn.state.seat
  if (promised !== null && compareBallots(ballot, promised) < 0) return
  accept(turn, { ballot, value })
  turn.send({ s: 'accepted', to: turn.state.config.member.node, ballot, sign: whatToSign({ ballot, value }) })
}

/** Over what a majority holds and has heard. */
function registryStep(turn: Turn, { ask, promises }: In<'preparing'>, { value }: Accepted): RegistryStep {
  const { context } = turn
  const told = new Map([...promises].map(([node, { hearing }]) => [node, hearing]))
  const heard = hearTogether(value.registry, told, turn.state.config.members, context)
  const nothing: RegistryStep = { state: heard.state, write: [], send: [], timers: [], events: [] }
  const taken = ask === null ? nothing : step(heard.state, ask, context)
  return { ...taken, events: [...heard.events, ...taken.events] }
}

/** RG2: the founder's own first word makes the cluster, and grants it epoch 1. Null: only the founder may. */
function foundingStep(turn: Turn, ask: Ask): RegistryStep | null {
  const { context } = turn
  const { network, cluster, founder, policy } = turn.state.config
  if (turn.state.config.member.node !== founder || ask?.i !== 'memberSeen' || ask.member.node !== founder) return null
  const absent = startAuthority({ status: 'absent' }, context.now)
  const created = step(absent, { i: 'create', network, cluster, founder, policy }, context)
  const founded = step(created.state, ask, context)
  return { ...founded, events: [...created.events, ...founded.events] }
}

/** A proof that this member knows of stands for one that is still to be gathered: a token has one grant. */
function proven(turn: Turn, value: RegisterValue): RegisterValue {
  const known = turn.state.decided?.value
  if (value.proof !== null || known === undefined || !sameGrant(known.registry, value.registry)) return value
  return { ...value, proof: known.proof }
}

function sameGrant(a: Created, b: Created): boolean {
  return a.status === 'founded' && b.status === 'founded' && sameToken(a.lastGrant, b.lastGrant)
}

function isProven({ registry, proof }: RegisterValue): boolean {
  return registry.status !== 'founded' || proof !== null
}

/** Decided when enough have accepted under *this* ballot: votes of another one are for another value. */
export function onAccepted(turn: Turn, from: NodeId, { ballot, signature }: Message<'accepted'>): void {
  const { proposal } = turn.state
  if (proposal?.p !== 'accepting' || compareBallots(proposal.ballot, ballot) !== 0) return
  const { value, needed, send, events } = proposal
  if (isContradicted(turn, { ballot, value })) {
    startAgain(turn)
    return
  }
  const sign = whatToSign({ ballot, value })
  if (sign !== null && signature === null) {
    turn.reject('PEER_SIGNATURE', `${from} has not signed the grant`)
    return
  }
  const signatures = new Map(proposal.signatures).set(from, signature)
  turn.set({ proposal: { ...proposal, signatures } })
  if (signatures.size < needed) return
  const signed = new Map([...signatures].flatMap(([node, text]) => (text === null ? [] : [[node, text] as const])))
  const proof = sign === null ? value.proof : turn.context.prove(sign, signed)
  const decided: Accepted = { ballot, value: { ...value, proof } }
  learn(turn, decided)
  turn.answer(send, events)
  turn.tellOthers({ m: 'decided', decided })
  done(turn)
}

/** Somebody else has a higher ballot: it goes first, and the lower in name waits less. */
export function onRefused(turn: Turn, from: NodeId, { ballot, promised }: Message<'refused'>): void {
  const { proposal, config, counter } = turn.state
  turn.set({ counter: Math.max(counter, promised.counter) })
  if (proposal === null || proposal.p === 'waiting' || compareBallots(proposal.ballot, ballot) !== 0) return
  // It has promised, and was asked again.
  const answered = proposal.p === 'accepting' || proposal.promises.has(from)
  if (answered && compareBallots(promised, ballot) <= 0) return
  const { ask, attempt, until } = proposal
  turn.set({ proposal: { p: 'waiting', ask, attempt, until } })
  const rank = config.members.indexOf(config.member.node) + 1
  turn.timer('proposal', (LIMITS.arbiterBackOffMs * rank * attempt) as Ms)
}

/** No answer in time, or the wait is over: again, under a higher ballot, until its time is up. */
export function onProposalTimer(turn: Turn): void {
  const { proposal } = turn.state
  if (proposal === null) return
  const { ask, attempt, until } = proposal
  if (turn.context.now >= until) {
    refuseAsk(turn, ask, 'no majority of the members has answered in time')
    done(turn)
    return
  }
  prepare(turn, { ask, attempt: attempt + 1, until })
}

/** The present proposal is started anew: what was promised and accepted for it so far no longer counts. */
export function startAgain(turn: Turn): void {
  const { proposal } = turn.state
  if (proposal === null || proposal.p === 'waiting') return
  const { ask, attempt, until } = proposal
  turn.set({ proposal: { p: 'waiting', ask, attempt, until } })
  turn.timer('proposal', LIMITS.arbiterBackOffMs)
}

function done(turn: Turn): void {
  turn.set({ proposal: null })
  turn.timer('proposal', null)
}

/** The outcome is unknown: what a minority has accepted may still be decided by somebody else's proposal. */
function refuseAsk(turn: Turn, ask: Ask, why: string): void {
  if (ask === null || !isRequest(ask)) return
  const refusal: Refusal = { code: 'UNREACHABLE', why, retryAfterMs: null }
  turn.answer([{ s: 'reply', to: ask.from, outcome: { ok: false, ...refusal } }], [])
}

function isRequest(input: RegistryInput): input is Extract<RegistryInput, { readonly from: unknown }> {
  return 'from' in input
}
