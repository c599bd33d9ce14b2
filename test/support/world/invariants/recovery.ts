/** Section 6: what a cluster says of another's recovering epoch, and that a recovering master says nothing. */

import { quorum } from '@baton/shared/core/ledger/types'
import type { NodeStep } from '@baton/shared/core/node/io'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import { type ClusterId, compareTokens, formatToken, type Token } from '@baton/shared/ids'
import type { EpochAck } from '@baton/shared/protocol/peer'
import { recordIn } from '../decoded.ts'
import type { Host } from '../host.ts'
import { openCredential } from '../statements.ts'
import { electableWith, isVoid, type Scene } from './scene.ts'

export class Recoveries {
  readonly #scene: Scene

  readonly #byLog = new Set<ClusterId>()
  /** cluster and token → the clusters whose masters have acknowledged it. */
  readonly #acks = new Map<string, Set<ClusterId>>()
  /** cluster → the horizon that its recovery has found. */
  readonly #horizons = new Map<ClusterId, { readonly token: Token; readonly height: number }>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** RC1: the horizon is that of more than two thirds of all clusters, itself not counted. */
  stepped(host: Host, { events }: NodeStep): void {
    for (const event of events) {
      if (!('event' in event) || event.event !== 'recovery-horizon' || host.traitor) continue
      const { token, height } = event
      const acked = this.#acks.get(`${host.cluster} ${formatToken(token)}`)?.size ?? 0
      const clusters = this.#scene.authorities.size
      // A process that died before it heard that its recovery has ended begins another one, which binds nobody: the end is recorded (RC3).
      const { registry } = this.#scene.authorities.get(host.cluster)!.state
      const isRecorded = registry.status === 'founded' && registry.recovery === null
      if (!isRecorded) this.#horizons.set(host.cluster, { token, height })
      if (acked >= quorum(clusters)) continue
      const what = `${host.node} takes ${height} for the horizon on the word of ${acked} of ${clusters} clusters`
      this.#scene.breach('RC1 a horizon rests on two thirds', what)
    }
  }

  /** RC2: where recovery has ended by height, nothing at or below the height after the horizon is ever signed. */
  signedAt(host: Host, token: Token, height: number): void {
    const horizon = this.#horizons.get(host.cluster)
    if (horizon === undefined || this.#byLog.has(host.cluster) || compareTokens(token, horizon.token) < 0) return
    if (height > horizon.height + 1) return
    const what = `${host.node} signs at ${height}, the horizon was ${horizon.height}`
    this.#scene.breach('RC2 a recovering cluster signs nothing', what)
  }

  /** RC3: it has the log of its predecessor, and may go on from there. */
  ended(cluster: ClusterId, input: RegistryInput): void {
    if (input.i === 'recovered' && input.by.kind === 'log') this.#byLog.add(cluster)
    if (input.i === 'operator' && input.action.act === 'end-recovery') this.#byLog.add(cluster)
  }

  /**
   * RC1: what is acknowledged is known, after a restart too, to every node that could be granted the next epoch. An old master of a cluster
   * that recovers says what it has itself: its grant says that this is lost, as it does of what was acknowledged a moment before that grant
   * (RG6), and the cluster counts as a faulty one meanwhile (RC4).
   */
  acknowledges(host: Host, { cluster, token }: EpochAck): void {
    const { registry } = this.#scene.authorities.get(host.cluster)!.state
    const { role, token: own } = host.state.guard
    const recovers = registry.status === 'founded' && registry.recovery !== null && compareTokens(own, registry) === 0
    // One that has stepped down meanwhile spoke under its token before.
    if (recovers && role.role === 'leading') {
      const what = `${host.node} acknowledges ${formatToken(token)} of ${cluster}, and recovers itself`
      this.#scene.breach('RC1 a recovering cluster acknowledges nothing', what)
    }
    this.acknowledged(host, { cluster, token })
    // A master's log ends in an entry of its own token, and still does when it has stepped down meanwhile.
    const spokeUnder = host.disk.entries.at(-1)?.token ?? own
    const known = isVoid(this.#scene, host.cluster, spokeUnder) ? [host] : electableWith(this.#scene, host)
    const missing = known.filter((other) => !remembers(other, cluster, token))
    if (missing.length === 0) return
    const where = `not on the disk of ${missing.map(({ node }) => node).join(', ')}`
    const what = `${host.node} acknowledges ${formatToken(token)} of ${cluster}, ${where}`
    this.#scene.breach('RC1 acknowledges a recovering epoch when it is held', what)
  }

  /** Whoever says so: the recovering master cannot tell who lies. */
  acknowledged(host: Host, { cluster, token }: Pick<EpochAck, 'cluster' | 'token'>): void {
    const key = `${cluster} ${formatToken(token)}`
    this.#acks.set(key, (this.#acks.get(key) ?? new Set()).add(host.cluster))
  }

  /** RC2: the registry marks the cluster, so its master has no say: neither a vote nor a proposal. */
  signed(host: Host, token: Token): void {
    const { registry } = this.#scene.authorities.get(host.cluster)!.state
    if (registry.status !== 'founded' || registry.recovery === null) return
    if (compareTokens(token, registry) !== 0) return
    this.#scene.breach('RC2 a recovering cluster signs nothing', `${host.node} signs under ${formatToken(token)}`)
  }
}

/** As a record of its log, or, when that is compacted away, among the masterships it keeps. */
function remembers(host: Host, cluster: ClusterId, token: Token): boolean {
  const kept = host.disk.masterships.get(cluster)
  if (kept !== undefined && compareTokens(kept, token) >= 0) return true
  return host.disk.entries.some((entry) => {
    if (entry.kind !== 'token' || !host.hasDurably(entry.index, entry.hash)) return false
    const record = recordIn(entry)
    if (record.kind !== 'token') return false
    const grant = openCredential(record.credential)?.grant
    return grant?.cluster === cluster && compareTokens(grant, token) >= 0
  })
}
