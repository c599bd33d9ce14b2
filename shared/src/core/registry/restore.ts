/** RG8: after a restore the registry learns from its members who was master, and with which sync set. */
import type { Grant, Reshape } from '../../crypto/statement-types.ts'
import { compareTokens, type Generation, type NodeId, type Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { OrderView } from '../../protocol/control.ts'
import { contradicted } from './freeze.ts'
import type { RegistryEvent, RegistryEvidence, RegistryInput, RegistryStep } from './messages.ts'
import { changed, eventOf, result } from './outcome.ts'
import { acceptIncomplete, adopt } from './restore-adopt.ts'
import { bestOf } from './restore-best.ts'
import type { Created, RegistryState, Restore, Shown } from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>
type State = RegistryState & { readonly registry: Created }

/** An operator begins a new generation: what the registry says of master and sync set is void until members have shown theirs. */
export function raise(
  registry: Created,
  to: { readonly generation: Generation; readonly bars: readonly NodeId[]; readonly orders: readonly OrderView[] },
): Created {
  const bars = [...new Set([...registry.bars, ...to.bars, ...to.orders.map(({ node }) => node)])]
  const raised = {
    generation: to.generation,
    version: (registry.version + 1) as Version,
    bars,
    frozen: null,
    restore: { shown: new Map(), elsewhere: null },
  }
  if (registry.status === 'unfounded') return { ...registry, ...raised }
  const entered = to.orders.filter(({ id }) => !registry.ordersSeen.includes(id))
  const orders = [...registry.orders, ...entered]
  const ordersSeen = [...registry.ordersSeen, ...entered.map(({ id }) => id)].slice(-LIMITS.ordersRemembered)
  return { ...registry, ...raised, orders, ordersSeen, coming: null, fenced: null, dataLoss: null, switchover: null }
}

/** What a node holds, once per session: better than the registry's knowledge it freezes it, or helps to restore it. */
export function shown(state: State, input: Input<'shown'>): RegistryStep {
  const { registry, hearing } = state
  const { node, session, grant, reshape } = input
  const open = hearing.sessions.get(node)
  if (open?.state !== 'open' || open.id !== session) {
    return result(state, { rejected: { code: 'PEER_UNEXPECTED', why: 'shown in a session that has closed' } })
  }
  if ([grant, reshape].some((statement) => statement !== null && !isOurs(registry, statement))) {
    return result(state, {
      rejected: { code: 'STATEMENT_INVALID', why: 'a statement of another cluster, or of nobody' },
    })
  }
  const evidence: RegistryEvidence = { kind: 'shown', grant, reshape }
  if (isLateWitness(registry, grant)) {
    return accepted(state, { shown: new Map([[node, { grant, reshape }]]), elsewhere: null }, node, evidence)
  }
  const more = knowsMore(registry, grant, reshape)
  if (more !== null) return conflicting(state, node, more, evidence)
  if (registry.restore === null) return result(state)
  const known = registry.restore.shown.get(node) ?? { grant: null, reshape: null }
  const restore = {
    ...registry.restore,
    shown: new Map(registry.restore.shown).set(node, better(known, { grant, reshape })),
  }
  return learned(state, { ...registry, restore }, node, evidence)
}

/** The directory has verified a grant of this cluster: nobody need be there any more to show it. */
export function directoryKnows(state: State, { grant }: Input<'directoryKnows'>): RegistryStep {
  const { registry } = state
  if (!isOurs(registry, grant)) {
    return result(state, { rejected: { code: 'STATEMENT_INVALID', why: 'a grant of another cluster' } })
  }
  const evidence: RegistryEvidence = { kind: 'shown', grant, reshape: null }
  if (isLateWitness(registry, grant))
    return accepted(state, { shown: new Map(), elsewhere: grant }, 'directory', evidence)
  const more = knowsMore(registry, grant, null)
  if (more !== null) return conflicting(state, 'directory', more, evidence)
  const { restore } = registry
  if (restore === null || (restore.elsewhere !== null && compareTokens(grant, restore.elsewhere) <= 0))
    return result(state)
  return learned(state, { ...registry, restore: { ...restore, elsewhere: grant } }, 'directory', evidence)
}

function learned(state: State, registry: Created, who: string, evidence: RegistryEvidence): RegistryStep {
  const best = bestOf(registry)
  const done = best !== null && best.doubt === null
  const next: Created = done ? adopt(registry, best) : { ...registry, version: (registry.version + 1) as Version }
  const { write, send } = changed(next)
  const events: RegistryEvent[] = [eventOf('shown', next, { who, why: 'told by what it holds', evidence })]
  if (done) {
    const why = `all of the sync set of ${best.grant.node} have shown what they hold, and nothing later`
    events.push(eventOf('restored', next, { who: best.grant.node, why }))
  }
  return result({ ...state, registry: next }, { write: [write], send: [send], events })
}

/**
 * An incomplete restore was accepted and nothing granted since: whoever is granted next recovers, so that a higher token of the old generation
 * contradicts nothing. Its master may still be in office, and asks for a token of the new one only when it is the recorded one.
 */
function isLateWitness(registry: Created, grant: Grant | null): grant is Grant {
  if (registry.status !== 'founded' || registry.restore !== null || grant === null) return false
  const recovers = registry.recovery?.lastClean.syncSet.length === 0
  return recovers && grant.generation < registry.generation && compareTokens(grant, registry.lastGrant) > 0
}

/** As if it had been shown before the restore was accepted. */
function accepted(state: State, restore: Restore, who: string, evidence: RegistryEvidence): RegistryStep {
  const next = acceptIncomplete({ ...state.registry, restore })
  const { write, send } = changed(next)
  const why = 'told by what it holds, after the restore was accepted'
  return result(
    { ...state, registry: next },
    { write: [write], send: [send], events: [eventOf('shown', next, { who, why, evidence })] },
  )
}

/** How a statement shows that the registry has forgotten something; null when it does not. */
function knowsMore(registry: Created, grant: Grant | null, reshape: Reshape | null): string | null {
  if (registry.restore !== null) {
    const generation = Math.max(grant?.generation ?? 0, reshape?.generation ?? 0)
    return generation < registry.generation
      ? null
      : `a statement of generation ${generation}, which has granted nothing yet`
  }
  if (registry.status === 'unfounded') return grant === null ? null : 'a grant, where none is recorded'
  const order = grant === null ? -1 : compareTokens(grant, registry.lastGrant)
  if (order > 0) return 'the grant of a higher token than the recorded one'
  if (order === 0 && grant?.node !== registry.master) return `a grant of the recorded token to ${grant?.node}`
  const later = reshape !== null && reshape.generation === registry.generation && reshape.version > registry.version
  return later ? 'a reshape against a later version than the recorded one' : null
}

function conflicting(state: State, who: string, why: string, evidence: RegistryEvidence): RegistryStep {
  return contradicted(result(state, { rejected: { code: 'TOKEN_CONFLICT', why } }), who, why, evidence)
}

/** A statement that was shown once is known, whatever its node shows later. */
function better(known: Shown, now: Shown): Shown {
  const grant =
    known.grant !== null && (now.grant === null || order(known.grant, now.grant) > 0) ? known.grant : now.grant
  const reshape =
    known.reshape !== null && (now.reshape === null || order(known.reshape, now.reshape) > 0)
      ? known.reshape
      : now.reshape
  return { grant, reshape }
}

function order(a: Grant | Reshape, b: Grant | Reshape): number {
  return compareTokens(a, b) || a.version - b.version
}

function isOurs(registry: Created, statement: Grant | Reshape): boolean {
  const { network, cluster, node, syncSet } = statement
  return network === registry.network && cluster === registry.cluster && syncSet.includes(node)
}
