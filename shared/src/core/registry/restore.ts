/** RG8: after a restore the registry learns from its members who was master, and with which sync set. */
import { assert } from '../../assert.ts'
import type { Grant, Reshape } from '../../crypto/statement-types.ts'
import { compareTokens, type Epoch, type Generation, type NodeId, sameToken, type Version } from '../../ids.ts'
import type { OrderView } from '../../protocol/control.ts'
import { contradicted } from './freeze.ts'
import type { RegistryEvent, RegistryEvidence, RegistryInput, RegistryStep } from './messages.ts'
import { ordersAfter } from './orders.ts'
import { changed, eventOf, result } from './outcome.ts'
import { type Best, bestOf } from './restore-best.ts'
import { NO_SWITCHES } from './switches.ts'
import type { Created, FoundedRegistry, GrantRecord, KnownGrant, Recovery, RegistryState, Shown } from './types.ts'

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
  const ordersSeen = [...registry.ordersSeen, ...entered.map(({ id }) => id)]
  return { ...registry, ...raised, orders, ordersSeen, coming: null, fenced: null, dataLoss: null }
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
  const more = knowsMore(registry, grant, null)
  if (more !== null) return conflicting(state, 'directory', more, evidence)
  const { restore } = registry
  if (restore === null || (restore.elsewhere !== null && compareTokens(grant, restore.elsewhere) <= 0))
    return result(state)
  return learned(state, { ...registry, restore: { ...restore, elsewhere: grant } }, 'directory', evidence)
}

/**
 * The restore ends before everybody has shown what they hold. Whoever is granted next recovers: there may have been later
 * masters. Null when nothing is known at all: then the founder begins anew.
 */
export function acceptIncomplete(registry: Created): Created {
  const version = (registry.version + 1) as Version
  const best = bestOf(registry)
  const member = best === null ? undefined : registry.members.get(best.grant.node)
  if (best === null || (member === undefined && registry.status === 'unfounded')) {
    return { ...registry, version, restore: null }
  }
  const recovery = recoveryOf(registry, best) ?? { lastClean: { token: tokenIn(best.grant), syncSet: best.syncSet } }
  // A node that never registered has no certificate here: the recorded master stays, and the mark is what counts.
  if (member === undefined && registry.status === 'founded') {
    return { ...registry, version, restore: null, recovery, orders: ordersAfter(registry, registry.master) }
  }
  return { ...adopt(registry, best), recovery }
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

/** Master and sync set as of `best`, under the new generation: no token that was ever granted comes back. */
function adopt(registry: Created, best: Best): FoundedRegistry {
  const { grant, syncSet, version } = best
  const founded = registry.status === 'founded' ? registry : null
  const recorded = {
    epoch: Math.max(founded?.epoch ?? 0, grant.epoch) as Epoch,
    version: (Math.max(registry.version, version) + 1) as Version,
    master: grant.node,
    syncSet,
    syncSetVersion: version,
    coming: null,
    recovery: recoveryOf(registry, best),
    lastGrant: recordOf(registry, grant),
    reshape: null,
    restore: null,
    orders: founded === null ? [] : ordersAfter(founded, grant.node),
  }
  if (founded !== null) return { ...founded, ...recorded }
  const begun = { ordersSeen: [], pause: null, switches: NO_SWITCHES, fenced: null, dataLoss: null }
  return { ...registry, status: 'founded', ...begun, ...recorded }
}

/** The recorded mark when nothing was granted since; else what the grant says, without a log that could end it early. */
function recoveryOf(registry: Created, { grant }: Best): Recovery | null {
  if (registry.status === 'founded' && sameToken(registry.lastGrant, grant)) return registry.recovery
  return grant.recovering ? { lastClean: { token: tokenIn(grant), syncSet: [] } } : null
}

function recordOf(registry: Created, grant: KnownGrant): GrantRecord {
  if (registry.status === 'founded' && registry.lastGrant === grant) return registry.lastGrant
  const member = registry.members.get(grant.node)
  assert(member !== undefined, `RG8: ${grant.node} has shown its grant and is no member`)
  const { generation, epoch, version, node, syncSet, recovering, coming, nonce, issuedAt } = grant
  const { certificate } = member
  return { generation, epoch, version, node, syncSet, recovering, coming, nonce, issuedAt, certificate }
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

function tokenIn({ generation, epoch }: KnownGrant): { generation: Generation; epoch: Epoch } {
  return { generation, epoch }
}
