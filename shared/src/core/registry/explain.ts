/** Could this cluster fail over right now, to whom, and what is missing: for people, and as numbers. It decides nothing. */
import { formatToken, type NodeId } from '../../ids.ts'
import { electionRefusal, logIsShort } from './electable.ts'
import { standstill } from './freeze.ts'
import { masterLastHeard } from './hearing.ts'
import type { RegistryContext } from './messages.ts'
import { pauseAt } from './pause.ts'
import { recoveryRefusal } from './recovery.ts'
import { heirOf } from './switchover.ts'
import { type Created, type FoundedRegistry, type Hearing, type RegistryState, tokenOf } from './types.ts'

export interface CandidateView {
  readonly node: NodeId
  readonly inSyncSet: boolean
  /** What keeps it from taking over from a dead master; empty: nothing does. */
  readonly missing: readonly string[]
}

export interface Explanation {
  /** Were the master to die now, a standby would be granted. */
  readonly couldFailOver: boolean
  readonly to: NodeId | null
  /** Sentences for an operator, the most urgent first. */
  readonly lines: readonly string[]
  /** Every member but the master, those of the sync set first. */
  readonly candidates: readonly CandidateView[]
  /** Could the living master hand over now; `why` not. */
  readonly switchover: { readonly to: NodeId | null; readonly why: string | null }
  readonly masterHeardMs: number | null
}

export function explain({ registry, hearing }: RegistryState, context: RegistryContext): Explanation {
  if (registry.status !== 'founded') {
    const unknown = 'No master is recorded here: the founder named in genesis has not registered yet.'
    const lines = registry.status === 'absent' ? [unknown] : [unknown, ...restoreLines(registry)]
    const switchover = { to: null, why: 'there is no master' }
    return { couldFailOver: false, to: null, lines, candidates: [], switchover, masterHeardMs: null }
  }
  const candidates = candidatesOf(registry, hearing, context)
  const blocked = blockers(registry, hearing, context)
  const able = candidates.find(({ missing }) => missing.length === 0) ?? null
  const to = blocked.length === 0 ? (able?.node ?? null) : null
  const heir = heirOf(registry, hearing, null, context.wallClock)
  const heard = masterLastHeard(registry, hearing)
  const masterHeardMs = heard === null ? null : Math.round(context.now - heard)
  return {
    couldFailOver: to !== null,
    to,
    lines: [
      ...verdict(registry, to, able?.node ?? null, blocked),
      ...restoreLines(registry),
      masterLine(registry, hearing, masterHeardMs),
      ...candidates.map(candidateLine),
      ...standing(registry, hearing, context),
    ],
    candidates,
    switchover: switchoverNow(standstill(registry), heir),
    masterHeardMs,
  }
}

function switchoverNow(still: string | null, heir: ReturnType<typeof heirOf>): Explanation['switchover'] {
  if (still !== null) return { to: null, why: `the registry stands still (${still})` }
  return 'code' in heir ? { to: null, why: heir.why } : { to: heir.node, why: null }
}

/** RG8: the way out of a standstill, for an operator who has never been there. */
function restoreLines({ cluster, frozen, restore }: Created): readonly string[] {
  if (frozen !== null) {
    return [
      `Nothing is granted or changed here, and the master goes on, until an operator has looked. Is this registry an old copy: evict again ` +
        `who was evicted since, then: baton restore raise-generation ${cluster}`,
    ]
  }
  if (restore === null) return []
  return [
    `The restore ends by itself when they have shown it: let these nodes run and reach this authority. For those that never will: baton ` +
      `restore accept-incomplete ${cluster}`,
  ]
}

function candidatesOf(
  registry: FoundedRegistry,
  hearing: Hearing,
  { wallClock }: RegistryContext,
): readonly CandidateView[] {
  const others = [...registry.members.values()].filter(({ node }) => node !== registry.master)
  const views = others.map((member): CandidateView => {
    const { node } = member
    const missing: string[] = []
    const inSyncSet = registry.syncSet.includes(node)
    if (!inSyncSet) missing.push('it is not in the sync set, so it does not hold everything the master has promised')
    const refusal = electionRefusal(registry, member, wallClock)
    if (refusal !== null) missing.push(refusal.why)
    if (logIsShort(registry, hearing, node)) missing.push('its log is not complete: it must re-sync')
    if (hearing.sessions.get(node)?.state !== 'open') missing.push('it has no session here: it may be down or cut off')
    return { node, inSyncSet, missing }
  })
  return views.sort((a, b) => Number(b.inSyncSet) - Number(a.inSyncSet) || (a.node < b.node ? -1 : 1))
}

/** What keeps everybody from a grant. */
function blockers(registry: FoundedRegistry, hearing: Hearing, { now, wallClock }: RegistryContext): readonly string[] {
  const found: string[] = []
  const still = standstill(registry)
  if (still !== null) found.push(`the registry stands still (${still})`)
  const pause = pauseAt(registry, wallClock)
  if (pause !== null) {
    found.push(`${pause.by} has paused switches for another ${seconds(pause.until - wallClock)} (${pause.why})`)
  }
  const graceMs = registry.policy.startupGraceMs - (now - hearing.startedAt)
  if (graceMs > 0) found.push(`the authority has just started and listens for another ${seconds(graceMs)}`)
  return found
}

function verdict(
  { master, policy }: FoundedRegistry,
  to: NodeId | null,
  able: NodeId | null,
  blocked: readonly string[],
): readonly string[] {
  if (to !== null) {
    const silent = seconds(policy.masterTtlMs)
    return [`Yes: if ${master} dies, ${to} takes over at once; if ${master} only falls silent, after ${silent}.`]
  }
  const reasons = [...blocked, ...(able === null ? ['no other node of the sync set could take over'] : [])]
  return [`NO: if ${master} died now, nobody would take over: ${reasons.join('; ')}.`]
}

function masterLine(registry: FoundedRegistry, hearing: Hearing, heardMs: number | null): string {
  const session = hearing.sessions.get(registry.master)?.state ?? 'none'
  const heard = heardMs === null ? 'not heard since the authority started' : `last heard ${seconds(heardMs)} ago`
  const { master, syncSet } = registry
  return `${master} is master, epoch ${formatToken(tokenOf(registry))}, session ${session}, ${heard}; sync set ${syncSet.join(', ')}.`
}

function candidateLine({ node, missing }: CandidateView): string {
  return missing.length === 0 ? `${node} could take over.` : `${node} could not take over: ${missing.join('; ')}.`
}

/** What operators and orders have left standing, and what each of it waits for. */
function standing(registry: FoundedRegistry, hearing: Hearing, context: RegistryContext): readonly string[] {
  const { orders, quarantine, switchover, recovery, master, syncSet, dataLoss, fenced } = registry
  const lines = orders.map(
    ({ id, node, cause, why }) =>
      `Order ${id} (${cause}: ${why}) stands against ${node} until another node is granted.`,
  )
  for (const { node, why, evicted, verified, cause } of quarantine) {
    const end =
      evicted || verified !== null ? 'an operator clears it' : 'it has verified itself, or an operator clears it'
    const shown = verified === null ? '' : ` It has verified itself up to height ${verified}.`
    lines.push(`${node} is ${evicted ? 'evicted' : 'barred'} (${cause}: ${why}) until ${end}.${shown}`)
  }
  if (switchover !== null) {
    const inMs = switchover.at - context.wallClock
    const when = switchover.due ? 'is under way' : `is planned in ${seconds(inMs)}`
    lines.push(`A switchover to ${switchover.to ?? 'the best standby'} ${when} (${switchover.by}: ${switchover.why}).`)
  }
  if (recovery !== null) lines.push('The cluster is recovering: its master does not vote until that has ended.')
  if (dataLoss !== null) lines.push(`${dataLoss.by} has allowed ${dataLoss.node} to take over with loss of data.`)
  if (fenced !== null) lines.push(`${fenced.by} has confirmed that the hosts of ${master} are fenced.`)
  if (syncSet.length === 1) {
    const missing = recoveryRefusal(registry, hearing, context)
    const now = missing === null ? 'That may happen now.' : `Now: ${missing.why}.`
    lines.push(`${master} stands alone: if it is lost for good, another node takes over only by recovery. ${now}`)
  }
  return lines
}

/** Short spans in milliseconds, others in whole seconds. */
function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : `${Math.round(ms / 1_000)} s`
}
