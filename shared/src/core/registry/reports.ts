/** Reports of nodes: heard in memory, the length of their logs seldom written (RG3, EL6). */
import { compareTokens, type Instant, type Ms, type NodeId, sameToken, type Token } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { acknowledge } from './acknowledged.ts'
import { contradicted } from './freeze.ts'
import type { RegistryContext, RegistryInput, RegistrySend, RegistryStep, RegistryWrite } from './messages.ts'
import { eventOf, result } from './outcome.ts'
import { type Created, type HeardReport, type RegistryState, tokenOf } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type State = RegistryState & { readonly registry: Created }

/** Every report is answered; one under a lower token brings the state again, a higher or foreign token is refused. */
export function hearReport(state: State, input: Input<'report'>, context: RegistryContext): RegistryStep {
  const { registry, hearing } = state
  const { node, session, report } = input
  const open = hearing.sessions.get(node)
  if (open?.state !== 'open' || open.id !== session) {
    return result(state, { rejected: { code: 'PEER_UNEXPECTED', why: 'a report from a session that has closed' } })
  }
  const heard: RegistrySend = { s: 'heard', session, report: report.report }
  const conflict = tokenConflict(registry, node, report)
  if (conflict !== null) return refuseReport(state, input, conflict, heard)
  const behind = registry.status === 'founded' && compareTokens(report.token, tokenOf(registry)) < 0
  const before = hearing.reports.get(node)
  const { acknowledged, complete } = acknowledge(registry.acknowledged.get(node), before, session, report)
  const { token, role, stalled, heardMasterMs, heardSyncSetMs } = report
  const writtenAt = before?.writtenAt ?? context.now
  const now: HeardReport = {
    at: context.now,
    session,
    token,
    role,
    stalled,
    heardMasterMs,
    heardSyncSetMs,
    acknowledged,
    // The node itself knows best that it has lost something: this authority may never have heard how long its log was.
    complete: complete && report.complete !== false,
    resyncs: report.complete === false,
    writtenAt,
  }
  const next: State = {
    registry,
    hearing: {
      ...hearing,
      reports: new Map(hearing.reports).set(node, now),
      conflicts: without(hearing.conflicts, node),
    },
  }
  const written = registry.acknowledged.get(node)
  const newToken = written === undefined || !sameToken(written.token, acknowledged.token)
  // Else an authority that starts anew would measure a node that starts anew by what was truncated.
  const shorter = written !== undefined && acknowledged.durableIndex < written.durableIndex
  const send: RegistrySend[] = behind ? [heard, { s: 'state', session }] : [heard]
  return { ...flushReports(next, context.now, newToken || shorter ? node : null), send }
}

/** RG6: a hint that only `recovery.ts` reads; the newest one counts. */
export function hearForeignSilence(
  state: RegistryState,
  { reporters, clusters, silentForMs }: Input<'foreignSilence'>,
  context: RegistryContext,
): RegistryStep {
  const foreignSilence = { at: context.now, reporters, clusters, silentForMs }
  return result({ ...state, hearing: { ...state.hearing, foreignSilence } })
}

/**
 * Writes that of `atOnce`, and all that waits once one of it has waited for `reportWriteMs`: the nodes of a cluster come to share one time,
 * and so one alarm. Asks for a timer while something waits.
 */
export function flushReports(state: RegistryState, now: Instant, atOnce: NodeId | null): RegistryStep {
  const { registry, hearing } = state
  if (registry.status === 'absent') return result(state)
  const unwritten: [NodeId, HeardReport][] = []
  let waitMs = Number.POSITIVE_INFINITY
  for (const [node, report] of hearing.reports) {
    const written = registry.acknowledged.get(node)
    const { token, durableIndex } = report.acknowledged
    if (written !== undefined && sameToken(written.token, token) && written.durableIndex === durableIndex) continue
    unwritten.push([node, report])
    if (node !== atOnce) waitMs = Math.min(waitMs, report.writtenAt + LIMITS.reportWriteMs - now)
  }
  const due = waitMs <= 0 ? unwritten : unwritten.filter(([node]) => node === atOnce)
  const waits = due.length < unwritten.length
  const timers = waits ? [{ name: 'flush', after: waitMs as Ms } as const] : []
  if (due.length === 0) return result(state, { timers })
  const acknowledged = new Map(registry.acknowledged)
  const reports = new Map(hearing.reports)
  const write: RegistryWrite[] = []
  for (const [node, report] of due) {
    acknowledged.set(node, report.acknowledged)
    reports.set(node, { ...report, writtenAt: now })
    write.push({ w: 'acknowledged', node, acknowledged: report.acknowledged })
  }
  return result({ registry: { ...registry, acknowledged }, hearing: { ...hearing, reports } }, { write, timers })
}

/** RG8: a token above the recorded one, or the recorded one in the hands of another node. */
function tokenConflict(
  registry: Created,
  node: NodeId,
  report: { readonly token: Token; readonly role: 'master' | 'follower' },
): string | null {
  if (registry.restore !== null && report.token.generation >= registry.generation) {
    return 'it knows a token of a generation that has granted nothing yet'
  }
  if (registry.status === 'unfounded') {
    return registry.restore === null && report.token.epoch > 0 ? 'no token has been granted' : null
  }
  const order = compareTokens(report.token, tokenOf(registry))
  if (order > 0) return 'it knows a higher token than the registry'
  if (order === 0 && report.role === 'master' && node !== registry.master) {
    return `it acts as master under a token that belongs to ${registry.master}`
  }
  return null
}

/** The node is answered, but nothing it says counts: the registry freezes. One event for as long as it goes on saying the same. */
function refuseReport(state: State, input: Input<'report'>, why: string, heard: RegistrySend): RegistryStep {
  const { node, report } = input
  const rejected = { code: 'TOKEN_CONFLICT', why } as const
  if (state.registry.frozen !== null && state.hearing.conflicts.get(node) === why)
    return result(state, { send: [heard], rejected })
  const conflicts = new Map(state.hearing.conflicts).set(node, why)
  const evidence = { kind: 'token', token: report.token, role: report.role } as const
  const event = eventOf('report-conflict', state.registry, { who: node, why, code: rejected.code, evidence })
  const said = result(
    { ...state, hearing: { ...state.hearing, conflicts } },
    { send: [heard], events: [event], rejected },
  )
  return contradicted(said, node, why, evidence)
}

function without(map: ReadonlyMap<NodeId, string>, node: NodeId): ReadonlyMap<NodeId, string> {
  if (!map.has(node)) return map
  const rest = new Map(map)
  rest.delete(node)
  return rest
}
