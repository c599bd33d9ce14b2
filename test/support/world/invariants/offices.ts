/** RG2, RG3, RG5, EL2: who may take office, when, and what ends it. */
import type { NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { Resignation } from '@baton/shared/crypto/statement-types'
import { type ClusterId, compareTokens, formatToken, type NodeId, sameToken, type Token } from '@baton/shared/ids'
import type { Host } from '../host.ts'
import type { Held } from './held.ts'
import type { Scene } from './scene.ts'

/** Clocks of machines differ by 500 ppm at most. */
const CLOCK_SLACK_MS = 5

export class Offices {
  readonly #scene: Scene
  readonly #held: Held
  /** When each authority last heard its master as master, by its own clock. */
  readonly #heard = new Map<ClusterId, { readonly token: Token; readonly at: number }>()
  /** By process: one that restarts before anybody was granted may go on at its token (RG2). */
  readonly #resigned = new Map<string, Token>()

  constructor(scene: Scene, held: Held) {
    this.#scene = scene
    this.#held = held
  }

  stepped(host: Host, before: NodeState, { state }: NodeStep): void {
    if (state.guard.role.role !== 'leading') return
    if (before.guard.role.role !== 'leading') this.#leads(host, state)
    else if (state.guard.role.held > before.guard.role.held) this.#holdsMore(host, state.guard.role.required.syncSet)
  }

  /** Its resignation leaves: whatever it signs must have left before. */
  resigned(host: Host, { generation, epoch }: Resignation): void {
    this.#resigned.set(processOf(host), { generation, epoch })
  }

  signed(host: Host, token: Token): void {
    const resigned = this.#resigned.get(processOf(host))
    if (resigned !== undefined && compareTokens(token, resigned) <= 0) {
      const what = `${host.node} signs under ${formatToken(token)}, which it has resigned`
      this.#scene.breach('EL2 nothing is signed after a resignation', what)
    }
  }

  registryStepped(cluster: ClusterId, before: RegistryState, input: RegistryInput, step: RegistryStep): void {
    const { registry } = before
    if (registry.status !== 'founded') return
    const now = this.#scene.authorities.get(cluster)!.clock.now()
    if (input.i === 'report' && input.node === registry.master && step.rejected === undefined) {
      const { token, role, stalled } = input.report
      // Its own later word, that it is stalled or resigns, takes back what it said before.
      if (role === 'master' && !stalled && sameToken(token, registry)) this.#heard.set(cluster, { token, at: now })
      else this.#heard.delete(cluster)
    }
    const granted = step.write.some((write) => write.w === 'grant')
    if (!granted || input.i !== 'claim') return
    const { kind } = input.claim.evidence
    // A refused reconnect ends the hearing only with the master's session: while that is open, silence must be as long as ever.
    const died = kind === 'refused' && before.hearing.sessions.get(registry.master)?.state === 'closed'
    if (died || (kind !== 'silence' && kind !== 'refused')) return
    const heard = this.#heard.get(cluster)
    if (heard === undefined || !sameToken(heard.token, registry)) return
    if (now - heard.at >= registry.policy.masterTtlMs - CLOCK_SLACK_MS) return
    const what = `${input.claim.node} is granted on ${kind}, ${registry.master} was heard ${now - heard.at} ms ago`
    this.#scene.breach('RG3 a master that is heard keeps its office', what)
  }

  /** By the sync set of that moment: what was held may leave after its other disk was taken out. */
  #holdsMore(host: Host, syncSet: readonly NodeId[]): void {
    if (host.state.config.guard.durability !== 'required' || syncSet.length >= 2) return
    this.#scene.breach(
      'RG5 required durability has two disks',
      `${host.node} calls held what only its own disk counts for`,
    )
  }

  /** What a clean predecessor called held is on the disk of the new master: all of it is to be its log. */
  #leads(host: Host, state: NodeState): void {
    const claim = this.#held.of(host.cluster)
    const mastership = state.masterships.get(host.cluster)
    if (claim === undefined || mastership?.recovering === true) return
    if (compareTokens(claim.token, state.guard.token) >= 0 && !sameToken(claim.token, state.guard.token)) return
    if (host.has(claim.index, claim.hash)) return
    const what = `${host.node} leads under ${formatToken(state.guard.token)} without the held index ${claim.index}`
    this.#scene.breach('RG2 a clean master has what is held', what)
  }
}

function processOf({ node, life }: Host): string {
  return `${node}/${life}`
}
