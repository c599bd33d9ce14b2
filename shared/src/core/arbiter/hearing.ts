/**
 * RG3, RG6, EL6 without an authority: every member hears its peers, tells what it heard with its promise, and the registry machine decides
 * over what a majority heard. The reports of all are given to it in the order of their age, as an authority would have had them.
 */
import { compareTokens, type Instant, type NodeId } from '../../ids.ts'
import { standstill } from '../registry/freeze.ts'
import { step } from '../registry/machine.ts'
import type { RegistryContext, RegistryEvent, RegistryInput } from '../registry/messages.ts'
import { type Acknowledged, type Created, type RegistryState, startAuthority } from '../registry/types.ts'
import { majorityOf } from './ballot.ts'
import type { MemberHearing, ToldHearing } from './types.ts'

export function toldHearing(hearing: MemberHearing, now: Instant): ToldHearing {
  const ageMs = (at: Instant) => Math.max(0, Math.floor(now - at))
  const { foreignSilence: foreign } = hearing
  return {
    listeningMs: ageMs(hearing.since),
    reports: [...hearing.reports].map(([node, { at, ...heard }]) => ({ node, ageMs: ageMs(at), ...heard })),
    links: [...hearing.links].map(([node, { state, at }]) => ({ node, state, ageMs: ageMs(at) })),
    grantedMs: hearing.grantedAt === null ? null : ageMs(hearing.grantedAt),
    foreignSilence:
      foreign === null
        ? null
        : {
            reporters: foreign.reporters,
            clusters: foreign.clusters,
            silentForMs: foreign.silentForMs,
            ageMs: ageMs(foreign.at),
          },
  }
}

export type Told = ReadonlyMap<NodeId, ToldHearing>
type Reports = RegistryState['hearing']['reports']

/** The registry as an authority would have it that had heard what these members heard, and what the registry said on the way. */
export function hearTogether(
  registry: Created,
  told: Told,
  members: readonly NodeId[],
  context: RegistryContext,
): { readonly state: RegistryState; readonly events: readonly RegistryEvent[] } {
  const at = (ageMs: number) => (context.now - ageMs) as Instant
  let state = startAuthority(registry, at(listeningMs(told, members)))
  const events: RegistryEvent[] = []
  for (const node of registry.members.keys()) {
    for (const { ageMs, input } of heardOf(node, told)) {
      const taken = step(state, input, { ...context, now: at(ageMs) })
      // RG8 is for a registry that may have forgotten. What a majority holds has not: whoever says more than that is wrong, and not heard.
      if (standsStill(taken.state)) continue
      state = taken.state
      events.push(...taken.events)
    }
  }
  const granted = [...told.values()].flatMap(({ grantedMs }) => (grantedMs === null ? [] : [grantedMs]))
  const grantedAt = granted.length === 0 ? null : at(Math.max(...granted))
  // A grant is the last act of a master that has not reported yet: it counts from when a member knew of it.
  const reports = withLogs(state.hearing.reports, told)
  const hearing = {
    ...state.hearing,
    reports,
    grantedAt,
    masterActedAt: grantedAt,
    foreignSilence: foreignOf(told, at),
  }
  return { state: { ...state, hearing }, events }
}

/** Whether the registry machine lets nothing be decided any more: a register never stands still. */
export function standsStill({ registry }: RegistryState): boolean {
  return registry.status !== 'absent' && standstill(registry) !== null
}

/** So long a majority has listened: a member that has just started hears nothing, and that says nothing. */
function listeningMs(told: Told, members: readonly NodeId[]): number {
  const longest = [...told.values()].map((hearing) => hearing.listeningMs).sort((a, b) => b - a)
  return longest[Math.min(majorityOf(members), longest.length) - 1] ?? 0
}

/** Oldest first. */
function reportsOf(node: NodeId, told: Told): ToldHearing['reports'] {
  const all = [...told.values()].flatMap(({ reports }) => reports.filter((each) => each.node === node))
  return all.sort((a, b) => b.ageMs - a.ageMs)
}

interface Heard {
  readonly ageMs: number
  readonly input: RegistryInput
}

/** One node as the members heard it: its session, the reports of its newest process, and the end of its links. */
function heardOf(node: NodeId, told: Told): readonly Heard[] {
  const reports = reportsOf(node, told)
  const links = [...told].filter(([member]) => member !== node).flatMap(([, { links }]) => links)
  const ofNode = links.filter((link) => link.node === node)
  // Who answers is there.
  const open = told.has(node) || ofNode.some(({ state }) => state === 'open')
  const closed = ofNode.filter(({ state }) => state === 'closed').map(({ ageMs }) => ageMs)
  const session = reports.at(-1)?.life
  if (session === undefined) return []
  const newest = reports.filter(({ life }) => life === session)
  const heard: Heard[] = [
    { ageMs: newest[0]?.ageMs ?? 0, input: { i: 'sessionOpened', node, session } },
    ...newest.map(({ ageMs, report }): Heard => ({ ageMs, input: { i: 'report', node, session, report } })),
  ]
  if (!open && closed.length > 0) {
    heard.push({ ageMs: Math.min(...closed), input: { i: 'sessionClosed', node, session } })
  }
  return heard
}

/** EL6: a log has lost something when any of those who heard its node has seen it longer; else the last word counts. */
function withLogs(reports: Reports, told: Told): Reports {
  const judged = new Map(reports)
  for (const [node, report] of reports) {
    const heard = reportsOf(node, told).filter(({ life }) => life === report.session)
    const short = heard.filter(({ complete }) => !complete)
    const longest = short.reduce<Acknowledged | null>((best, { acknowledged }) => {
      return best === null || isLonger(acknowledged, best) ? acknowledged : best
    }, null)
    const acknowledged = longest ?? heard.at(-1)?.acknowledged ?? report.acknowledged
    const complete = longest === null && heard.at(-1)?.report.complete !== false
    judged.set(node, { ...report, acknowledged, complete })
  }
  return judged
}

function isLonger(a: Acknowledged, b: Acknowledged): boolean {
  const order = compareTokens(a.token, b.token)
  return order > 0 || (order === 0 && a.durableIndex > b.durableIndex)
}

function foreignOf(told: Told, at: (ageMs: number) => Instant): RegistryState['hearing']['foreignSilence'] {
  const all = [...told.values()].flatMap(({ foreignSilence }) => (foreignSilence === null ? [] : [foreignSilence]))
  const [newest] = all.sort((a, b) => a.ageMs - b.ageMs)
  if (newest === undefined) return null
  const { ageMs, ...silence } = newest
  return { ...silence, at: at(ageMs) }
}
