/** NW4, NW5: who is found at fault and ordered out, judged from what the directory was told and from what nodes really did. */
import { AUDIT_DEFAULTS } from '@baton/shared/core/audit/policy'
import type { AuditEvent, AuditInput, AuditStep, Reporter, StandingOrder } from '@baton/shared/core/audit/types'
import { faultsTolerated } from '@baton/shared/core/ledger/types'
import type { ResultReport } from '@baton/shared/crypto/statement-types'
import { type ClusterId, compareTokens, formatToken, type Token } from '@baton/shared/ids'
import type { Host } from '../host.ts'
import { ErrorCount } from './error-count.ts'
import type { Scene } from './scene.ts'

export class Audits {
  readonly #scene: Scene
  #errors: ErrorCount | null = null
  #standing: { readonly id: string; readonly by: Reporter } | null = null
  /** When each cluster last passed the threshold. */
  readonly #passed = new Map<ClusterId, number>()
  /** Masterships that were ordered out: what an operator or the registry has ended is not given again. */
  readonly #orderedOut = new Set<string>()
  /** Masterships that reported while their node miscounted. */
  readonly #mistaken = new Set<string>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** What a host really computes, when it says so. */
  reports({ miscounts }: Host, report: ResultReport): void {
    if (miscounts) this.#mistaken.add(nameOf(report))
  }

  /** The audit has forgotten all but the order that stands. */
  restarted(standing: StandingOrder | null): void {
    this.#errors = null
    this.#passed.clear()
    this.#orderedOut.clear()
    this.#standing = standing === null ? null : { id: standing.order.id, by: standing.by }
  }

  stepped(input: AuditInput, step: AuditStep): void {
    const { clusters, policy } = step.state
    this.#errors ??= new ErrorCount(clusters, { ...AUDIT_DEFAULTS, ...policy })
    const errors = this.#errors
    const now = this.#scene.now()
    const below = clusters.filter((cluster) => errors.score(cluster, now) < policy.threshold)
    errors.take(input, now)
    for (const cluster of below) if (errors.score(cluster, now) >= policy.threshold) this.#passed.set(cluster, now)
    for (const [cluster, at] of this.#passed) if (now - at >= policy.windowMs) this.#passed.delete(cluster)
    this.#endStanding(input, step)
    for (const event of step.events) this.#found(event)
    this.#ordered(step)
    this.#orderedAtOnce(step)
  }

  /** More than f others, or a proof, say so: one of them is correct, and a healthy master is never at fault. */
  #found(event: AuditEvent): void {
    if (!('by' in event) || event.event === 'threshold-passed' || event.event === 'missed-votes') return
    const { by } = event
    const host = this.#scene.hosts.get(by.node)!
    if (host.traitor || this.#mistaken.has(nameOf(by))) return
    const what = `${by.node} is charged with ${event.event}, and did nothing of the kind`
    this.#scene.breach('NW4 nobody healthy is found at fault', what)
  }

  #ordered({ state, send }: AuditStep): void {
    const errors = this.#errors!
    const now = this.#scene.now()
    for (const each of send) {
      if (each.s !== 'order' || each.order.id === this.#standing?.id) continue
      const { cluster, order, bars } = each
      const by = errors.master(cluster)
      const score = errors.score(cluster, now)
      const rests = by?.node === order.node && score >= state.policy.threshold
      const barsRightly = !bars || errors.score(cluster, now, 'missed-votes') >= state.policy.threshold
      if (!rests || !barsRightly) {
        const what = `${order.node} is ordered out${bars ? ' and barred' : ''} for "${order.why}" at ${score} of ${state.policy.threshold}`
        this.#scene.breach('NW5 an order rests on the threshold', what)
      }
      if (this.#standing !== null) {
        this.#scene.breach('NW5 one order stands', `${order.id} is given beside ${this.#standing.id}`)
      }
      if (by === undefined) continue
      this.#standing = { id: order.id, by }
      this.#orderedOut.add(nameOf(by))
    }
  }

  /** With nothing in its way an order is given by the very error that reaches the threshold. */
  #orderedAtOnce({ state }: AuditStep): void {
    const errors = this.#errors!
    const now = this.#scene.now()
    if (this.#standing !== null || this.#passed.size > faultsTolerated(state.clusters.length)) return
    for (const cluster of this.#passed.keys()) {
      const score = errors.score(cluster, now)
      const by = errors.master(cluster)
      if (score < state.policy.threshold || by === undefined || this.#orderedOut.has(nameOf(by))) continue
      const what = `${by.node} has ${score} of ${state.policy.threshold} and no order is given`
      this.#scene.breach('NW5 the threshold orders at once', what)
    }
  }

  #endStanding(input: AuditInput, { state }: AuditStep): void {
    const standing = this.#standing
    if (standing === null) return
    if (input.i === 'orderEnded' && input.id === standing.id) this.#standing = null
    if (input.i !== 'master' || !isAfter(input.by, standing.by)) return
    this.#standing = null
    if (state.standing?.order.id !== standing.id) return
    const what = `${standing.id} stands although ${input.by.node} has epoch ${formatToken(input.by)}`
    this.#scene.breach('NW5 an order ends with the switch', what)
  }
}

function nameOf(by: Pick<Reporter, 'node'> & Token): string {
  return `${by.node} ${formatToken(by)}`
}

function isAfter(by: Reporter, before: Reporter & Token): boolean {
  return by.cluster === before.cluster && compareTokens(by, before) > 0
}
