/** RG6, RG8, RG9, RG10, EL8: what the registry may grant at all, judged from what it had recorded and heard before. */

import { masterLastHeard } from '@baton/shared/core/registry/hearing'
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { FoundedRegistry, RegistryState } from '@baton/shared/core/registry/types'
import type { Grant } from '@baton/shared/crypto/statement-types'
import type { ClusterId, NodeId } from '@baton/shared/ids'
import { type Scene, standsStill } from './scene.ts'

type Claiming = Extract<RegistryInput, { i: 'claim' }>
type Acting = Extract<RegistryInput, { i: 'operator' }>

/** What an operator's wish for a switch becomes when it is taken in. */
const TAKEN: ReadonlySet<string> = new Set(['switchover-asked', 'switchover-due'])

/** For any clock: one that was stepped back may stand below 0. */
const LONG_AGO = Number.NEGATIVE_INFINITY

/** Clocks of machines differ by 500 ppm at most. */
const CLOCK_SLACK_MS = 20

export class Rulings {
  readonly #scene: Scene
  /** When each node last reported a whole log to its authority, by the authority's clock. */
  readonly #reported = new Map<NodeId, number>()
  /** The last switch of each cluster: away from whom, and when. */
  readonly #switched = new Map<ClusterId, { readonly from: NodeId; readonly at: number }>()

  /** The planned switch that an operator of each cluster has asked for: to whom (null: to anybody), and from when on. */
  readonly #planned = new Map<ClusterId, { readonly id: string; readonly to: NodeId | null; readonly at: number }>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  stepped(cluster: ClusterId, before: RegistryState, input: RegistryInput, step: RegistryStep): void {
    const { registry, hearing } = before
    if (registry.status !== 'founded') return
    const { clock } = this.#scene.authorities.get(cluster)!
    if (input.i === 'report' && step.rejected === undefined) {
      const { state, alive } = this.#scene.hosts.get(input.node)!
      if (alive && state.resync === null) this.#reported.set(input.node, clock.now())
    }
    this.#marked(registry, input, step)
    if (input.i === 'operator') this.#asked(cluster, input, step, clock.wall())
    if (step.events.some(({ event }) => event === 'switchover-due')) this.#fallsDue(cluster, clock.wall())
    for (const write of step.write) {
      if (write.w !== 'grant' || input.i !== 'claim') continue
      this.#granted(registry, write.grant, clock.now())
      const left = hearing.sessions.get(registry.master)?.state === 'closed'
      const heardAt = masterLastHeard(registry, hearing)
      const heard = heardAt !== null && clock.now() - heardAt < registry.policy.masterTtlMs
      if (!left && heard) this.#settled(registry, input, clock.wall())
      this.#carriedOut(cluster, input, clock.wall())
      if (write.grant.node !== registry.master) this.#switched.set(cluster, { from: registry.master, at: clock.wall() })
    }
  }

  #granted(registry: FoundedRegistry, grant: Pick<Grant, 'node' | 'recovering'>, now: number): void {
    const wall = this.#scene.authorities.get(registry.cluster)!.clock.wall()
    const { node } = grant
    const other = node !== registry.master
    if (standsStill(registry))
      this.#scene.breach('RG8 a registry that stands still grants nobody', `${node} is granted`)
    if (other && registry.bars.includes(node)) {
      this.#scene.breach('RG9 a barred node is not elected', `${node} is barred and granted`)
    }
    if (other && registry.pause !== null && wall < registry.pause.until) {
      this.#scene.breach('RG10 a pause is kept', `${node} is granted while ${registry.pause.by} has paused switches`)
    }
    if (registry.recovery !== null && !grant.recovering) {
      this.#scene.breach('RG6 the mark stays until the end is recorded', `${node} is granted without it`)
    }
    if (registry.recovery === null && grant.recovering && registry.dataLoss === null) this.#silence(registry, node, now)
  }

  /** A master that has resigned and left, or is not heard as one any more, is no living one. */
  #settled(registry: FoundedRegistry, { claim }: Claiming, wall: number): void {
    const { node, evidence } = claim
    const last = this.#switched.get(registry.cluster)
    const unforced = (evidence.kind === 'resigned' || evidence.kind === 'planned') && registry.orders.length === 0
    const back = unforced && last?.from === node
    if (!back || wall < last.at || wall - last.at >= registry.policy.settleTimeMs) return
    this.#scene.breach('EL8 a living master is not switched to and fro', `${node} is back after ${wall - last.at} ms`)
  }

  #asked(cluster: ClusterId, { action }: Acting, { events }: RegistryStep, wall: number): void {
    if (action.act === 'switchover' && events.some(({ event }) => TAKEN.has(event))) {
      this.#planned.set(cluster, { id: action.id, to: action.to, at: Math.max(action.at, wall) })
    }
    if (action.act === 'cancel-switchover') this.#planned.delete(cluster)
  }

  /** From now on nobody is early: members that are their own arbiter (MJ1) have a clock each, and one of them has seen the time. */
  #fallsDue(cluster: ClusterId, wall: number): void {
    const planned = this.#planned.get(cluster)
    if (planned !== undefined && wall >= planned.at) this.#planned.set(cluster, { ...planned, at: LONG_AGO })
  }

  /** A living master is relieved by plan for the node, and not before the time, that somebody has asked for; any grant ends that. */
  #carriedOut(cluster: ClusterId, { claim: { node, evidence } }: Claiming, wall: number): void {
    const planned = this.#planned.get(cluster)
    this.#planned.delete(cluster)
    if (evidence.kind !== 'planned') return
    const named = planned?.id === evidence.switchover && (planned.to === null || planned.to === node)
    if (named && wall >= planned.at) return
    const what = named ? `${planned.at - wall} ms before its time` : 'nobody has asked for it'
    this.#scene.breach('EL8 a planned switch is what was asked for', `${node} is granted by plan, ${what}`)
  }

  /** RG6: nobody of the sync set who could go on has reported for `recoverAfter`. */
  #silence({ syncSet, policy, bars }: FoundedRegistry, granted: NodeId, now: number): void {
    for (const node of syncSet) {
      const at = this.#reported.get(node)
      const host = this.#scene.hosts.get(node)!
      if (at === undefined || bars.includes(node) || host.wiped || now - at >= policy.recoverAfterMs - CLOCK_SLACK_MS) {
        continue
      }
      const what = `${granted} recovers although ${node} reported ${Math.round(now - at)} ms ago`
      this.#scene.breach('RG6 recovery waits for silence', what)
    }
  }

  #marked(before: FoundedRegistry, input: RegistryInput, { state: { registry } }: RegistryStep): void {
    if (before.recovery === null || registry.status !== 'founded' || registry.recovery !== null) return
    const ends = input.i === 'recovered' || input.i === 'shown' || input.i === 'directoryKnows'
    const overridden = input.i === 'operator'
    if (ends || overridden) return
    this.#scene.breach(
      'RG6 the mark stays until the end is recorded',
      `a ${input.i} ends the recovery of ${before.cluster}`,
    )
  }
}
