/** RG1, EL5, NW1: one holder per token for ever, and no token falls anywhere. */
import type { NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import { compareTokens, formatToken, type NodeId, type Token } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { Host } from '../host.ts'
import type { Scene } from './scene.ts'

export class Tokens {
  readonly #scene: Scene
  /** cluster and token → the node that led under it. */
  readonly #leaders = new Map<string, NodeId>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  stepped(host: Host, before: NodeState, input: NodeInput, { state, send }: NodeStep): void {
    const own = state.election.own?.token
    const promised = before.election.own?.token
    if (input.i !== 'start' && own !== promised && promised !== undefined) {
      if (own === undefined || compareTokens(own, promised) < 0) {
        this.#scene.breach('EL5 tokens never fall', `${host.node} has forgotten token ${formatToken(promised)}`)
      }
    }
    if (state.masterships !== before.masterships) this.#known(host, before, state)
    const { guard } = state
    if (guard.role.role === 'leading' && before.guard.role.role !== 'leading') this.#leads(host, guard.token)
    for (const act of send) {
      if (act.s === 'sign' && own !== undefined && compareTokens(own, act.token) > 0) {
        const what = `signs under ${formatToken(act.token)} and has promised ${formatToken(own)}`
        this.#scene.breach('EL5 signs only under the highest promised token', `${host.node} ${what}`)
      }
    }
  }

  /** What is said under a token is said by a node that has it on disk. The stream promises nothing about this disk. */
  answers(host: Host, message: PeerMessage): void {
    if (!('token' in message) || message.t === 'append' || message.token.epoch === 0) return
    if (host.durableToken === null || compareTokens(message.token, host.durableToken) > 0) {
      const what = `says ${message.t} under ${formatToken(message.token)}, which is not on its disk`
      this.#scene.breach('EL5 answers only under a token on disk', `${host.node} ${what}`)
    }
  }

  /** A process begins on the disk that the one before left; an emptied disk has nothing to remember. */
  began(host: Host, remembered: Token | null): void {
    if (remembered === null || host.wiped) return
    const own = host.state.election.own?.token ?? host.state.storedOwn?.token
    if (own === undefined || compareTokens(own, remembered) < 0) {
      this.#scene.breach('EL5 tokens never fall', `${host.node} comes back without token ${formatToken(remembered)}`)
    }
  }

  /** Every token that was ever granted, from the authorities' own rows. */
  recount(): void {
    for (const [cluster, { grants }] of this.#scene.authorities) {
      const holders = new Map<string, NodeId>()
      for (const grant of grants) {
        const { node } = grant
        const key = formatToken(grant)
        const other = holders.get(key)
        if (other !== undefined) this.#scene.breach('RG1 one holder per token', `${cluster}: ${key} was granted twice`)
        holders.set(key, node)
        const leader = this.#leaders.get(`${cluster} ${key}`)
        if (leader !== undefined && leader !== node) {
          this.#scene.breach('RG1 one holder per token', `${leader} led under ${key} of ${cluster}, granted to ${node}`)
        }
      }
    }
  }

  #known(host: Host, before: NodeState, state: NodeState): void {
    for (const [cluster, known] of before.masterships) {
      const now = state.masterships.get(cluster)
      if (now !== undefined && compareTokens(now, known) >= 0) continue
      this.#scene.breach('NW1 known tokens never fall', `${host.node} forgets ${formatToken(known)} of ${cluster}`)
    }
  }

  #leads(host: Host, token: Token): void {
    const key = `${host.cluster} ${formatToken(token)}`
    const other = this.#leaders.get(key)
    if (other !== undefined && other !== host.node) {
      this.#scene.breach('RG1 one holder per token', `${other} and ${host.node} lead ${key}`)
    }
    this.#leaders.set(key, host.node)
  }
}
