/** What stands for a session with an authority, and for its answers to reports: a majority of the members within reach (MJ1, RG3). */
import type { NodeId, Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { acknowledge } from '../registry/acknowledged.ts'
import { sameMember } from '../registry/membership.ts'
import type { Report } from '../registry/messages.ts'
import type { Created, FoundedRegistry, Member } from '../registry/types.ts'
import { majorityOf } from './ballot.ts'
import { catchUp } from './learner.ts'
import { askForMemory } from './memory.ts'
import type { ArbiterInput, ArbiterMessage } from './messages.ts'
import { onAsk } from './proposer.ts'
import type { Turn } from './turn.ts'
import type { ArbiterState } from './types.ts'

type Input<Name extends ArbiterInput['i']> = Extract<ArbiterInput, { readonly i: Name }>
type Message<Name extends ArbiterMessage['m']> = Extract<ArbiterMessage, { readonly m: Name }>

export function onLink(turn: Turn, { peer, up }: Input<'link'>): void {
  const { hearing } = turn.state
  const link = { state: up ? 'open' : 'closed', at: turn.context.now } as const
  turn.set({ hearing: { ...hearing, links: new Map(hearing.links).set(peer, link) } })
  if (!up) return
  askForMemory(turn)
  catchUp(turn, peer, null)
}

/** At the end of every step. */
export function considerSession(turn: Turn): void {
  const up = withinReach(turn.state)
  if (up === turn.state.up) return
  turn.set({ up, ...(up ? {} : { unheard: [] }) })
  turn.send({ s: 'session', up })
  if (up) attend(turn)
}

/**
 * What a session with an authority begins with: what is decided, and that this node is a member (RG2). Again with every report until it is
 * so, and what an authority's timer would bring about.
 */
function attend(turn: Turn): void {
  const { up, proposal, asks, standing, decided, config, life } = turn.state
  if (!up || proposal !== null || asks.length > 0) return
  const registry = decided?.value.registry
  const { founder } = config
  const member = asRecorded(config.member, registry)
  if (registry === undefined) {
    if (standing.s === 'seated') onAsk(turn, null)
    else if (member.node === founder) onAsk(turn, { i: 'memberSeen', member, nonce: life })
    return
  }
  const known = registry.members.get(member.node)
  if (known === undefined || !sameMember(known, member)) onAsk(turn, { i: 'memberSeen', member, nonce: life })
  else if (registry.status === 'founded' && registry.master === member.node && isAwaited(registry)) {
    onAsk(turn, { i: 'tick' })
  }
}

/** ID8: a member whose key is revoked does not take the mark off itself. */
function asRecorded(member: Member, registry: Created | undefined): Member {
  const known = registry?.members.get(member.node)
  return known?.revoked === true && known.key === member.key ? { ...member, revoked: true } : member
}

/** A pause ends, and a planned switchover becomes due, by the clock (RG10, EL8). */
function isAwaited({ pause, switchover }: FoundedRegistry): boolean {
  return pause !== null || (switchover !== null && !switchover.due)
}

function withinReach({ config, hearing, standing }: ArbiterState): boolean {
  const linked = config.members.filter((member) => hearing.links.get(member)?.state === 'open')
  return standing.s !== 'asking' && linked.length + 1 >= majorityOf(config.members)
}

export function onOwnReport(turn: Turn, report: Report): void {
  const { config, life, decided, unheard } = turn.state
  hear(turn, config.member.node, life, report)
  const waiting = [...unheard, { report: report.report, by: [config.member.node] }]
  turn.set({ unheard: waiting.slice(-LIMITS.arbiterAsks) })
  turn.tellOthers({ m: 'report', life, report, knows: decided?.ballot ?? null })
  attend(turn)
}

export function onReport(turn: Turn, from: NodeId, { life, report, knows }: Message<'report'>): void {
  hear(turn, from, life, report)
  turn.tell(from, { m: 'heard', life, report: report.report, knows: turn.state.decided?.ballot ?? null })
  catchUp(turn, from, knows)
}

/** Of reports that come late or again, the newest of a process counts. */
function hear(turn: Turn, node: NodeId, life: string, report: Report): void {
  const { hearing } = turn.state
  const known = hearing.reports.get(node)
  if (known?.life === life && known.report.report >= report.report) return
  const recorded = turn.state.decided?.value.registry.acknowledged.get(node)
  const before = known === undefined ? undefined : { ...known, session: known.life }
  const { acknowledged, complete } = acknowledge(recorded, before, life, report)
  const heard = { at: turn.context.now, life, report, acknowledged, complete }
  turn.set({ hearing: { ...hearing, reports: new Map(hearing.reports).set(node, heard) } })
}

/** RG3: what a majority has heard, every claim will meet. */
export function onHeard(turn: Turn, from: NodeId, { life, report, knows }: Message<'heard'>): void {
  const { state } = turn
  catchUp(turn, from, knows)
  const waiting = state.unheard.find((each) => each.report === report)
  if (life !== state.life || waiting === undefined || waiting.by.includes(from)) return
  const by = [...waiting.by, from]
  if (by.length < majorityOf(state.config.members)) {
    turn.set({ unheard: state.unheard.map((each) => (each === waiting ? { report, by } : each)) })
    return
  }
  turn.set({ unheard: state.unheard.filter((each) => each.report > report) })
  const version = state.decided?.value.registry.version ?? (0 as Version)
  turn.send({ s: 'heard', report, version })
}
