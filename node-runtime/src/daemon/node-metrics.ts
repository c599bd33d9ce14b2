/** Fills the metrics table from events as they happen and from the node's state when it is asked. */
import { unheldFor } from '@baton/shared/core/guard/held'
import { durableIndex } from '@baton/shared/core/guard/state'
import type { NodeEvent } from '@baton/shared/core/node/io'
import { isLeading, type NodeState, tipHeight } from '@baton/shared/core/node/state'
import type { ControlLink } from '@baton/shared/ports/control-link'
import type { PeerLinks } from '@baton/shared/ports/peer-links'
import type { Metrics } from '../adapters/metrics.ts'
import type { Mempool } from '../engines/embedded/mempool.ts'
import { quarantineOf } from './health.ts'
import type { Membership } from './membership.ts'

export function countEvent(metrics: Metrics, event: NodeEvent): void {
  if ('e' in event) {
    if (event.e === 'tokenSeen') metrics.add('baton_switches_total', 1)
    if (event.e === 'claimSent') metrics.add('baton_claims_total', 1, { outcome: 'sent' })
    if (event.e === 'claimRefused') metrics.add('baton_claims_total', 1, { outcome: 'refused' })
    return
  }
  if ('kind' in event) {
    if (event.kind === 'roundEntered') metrics.add('baton_rounds_total', 1)
    if (event.kind === 'equivocation') metrics.add('baton_evidence_total', 1, { cluster: event.evidence.cluster })
    return
  }
  if (event.event === 'executed') metrics.add('baton_blocks_total', 1)
}

export interface GaugeSources {
  readonly links: PeerLinks
  readonly mempool: Mempool
  readonly control: ControlLink
  readonly membership: Membership
  /** MJ1: null where the authority keeps the registry. */
  readonly member: { readonly up: boolean } | null
}

export function refreshGauges(
  metrics: Metrics,
  state: NodeState,
  { links, mempool, control, membership, member }: GaugeSources,
): void {
  const { election, guard } = state
  const token = election.own?.token
  metrics.clear('baton_role')
  metrics.set('baton_role', 1, { role: isLeading(state) ? 'master' : election.role.r })
  metrics.set('baton_generation', token?.generation ?? 0)
  metrics.set('baton_epoch', token?.epoch ?? 0)
  metrics.set('baton_electable', state.resync === null && quarantineOf(state) === null ? 1 : 0)
  metrics.set('baton_stalled', unheldFor(guard, election.lastTickAt) > election.config.suspectAfterMs ? 1 : 0)
  metrics.set('baton_log_durable_index', durableIndex(guard))
  metrics.set('baton_log_held_index', guard.role.role === 'leading' ? guard.role.held : guard.knownHeld)
  const syncSet = guard.role.role === 'leading' ? guard.role.required.syncSet : (election.view?.syncSet ?? [])
  metrics.set('baton_sync_set_nodes', syncSet.length)
  metrics.set('baton_height', tipHeight(state))
  metrics.set('baton_mempool_transactions', mempool.size)
  metrics.set('baton_mempool_bytes', mempool.bytes)
  metrics.set('baton_peers_connected', links.open().length)
  metrics.set('baton_authority_connected', control.connected ? 1 : 0)
  metrics.set('baton_arbiter_reachable', (member?.up ?? control.connected) ? 1 : 0)
  metrics.set('baton_certificate_expires_seconds', Math.floor(membership.expiresAt / 1_000))
}
