/** NW1: the tokens that a cluster knows of others survive its own switches: what it has acted under, its later masters know. */
import type { NodeState } from '@baton/shared/core/node/state'
import { type ClusterId, compareTokens, formatToken, type LogIndex, type Token } from '@baton/shared/ids'
import type { HeldClaim, Host } from '../host.ts'
import { isVoid, type Scene } from './scene.ts'

interface Learned {
  readonly index: LogIndex
  readonly cluster: ClusterId
  readonly token: Token
}

export class ForeignTokens {
  readonly #scene: Scene
  /** What a master has come to know, and where its log ended then: when that is held, its cluster knows. */
  readonly #learned = new Map<Host, Learned[]>()
  /** cluster → what it knew of another when that was held, and under which own token. */
  readonly #known = new Map<ClusterId, Map<ClusterId, { readonly token: Token; readonly by: Token }>>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  stepped(host: Host, before: NodeState, state: NodeState): void {
    const { role, last, token: by } = state.guard
    if (role.role !== 'leading') {
      this.#learned.delete(host)
      return
    }
    if (state.masterships === before.masterships) return
    for (const [cluster, { generation, epoch }] of state.masterships) {
      if (cluster === host.cluster || state.masterships.get(cluster) === before.masterships.get(cluster)) continue
      const learned = { index: last.index, cluster, token: { generation, epoch } }
      // Nothing was written for it, and all that was written is held.
      if (before.guard.last.index === last.index && role.held >= last.index) {
        this.#knows(host.cluster, learned, by)
        continue
      }
      const all = this.#learned.get(host)
      if (all === undefined) this.#learned.set(host, [learned])
      else all.push(learned)
    }
  }

  /** What the process before has learned and not held is gone with it. */
  began(host: Host): void {
    this.#learned.delete(host)
  }

  /** Up to `index` everything that this master has written is held. The token is that of the claim: the node may have gone on since. */
  held(host: Host, { index, token: by }: HeldClaim): void {
    const learned = this.#learned.get(host)
    if (learned === undefined) return
    for (const each of learned) {
      if (each.index <= index) this.#knows(host.cluster, each, by)
    }
    const left = learned.filter((each) => each.index > index)
    if (left.length === 0) this.#learned.delete(host)
    else this.#learned.set(host, left)
  }

  /** An act under `own`, which leaves only now: the node may follow a higher token by then. */
  signed(host: Host, own: Token): void {
    for (const [cluster, { token, by }] of this.#known.get(host.cluster) ?? []) {
      // An older master, which may not have heard of its successor, knows less; a recovering one does not have the log.
      if (compareTokens(own, by) < 0 || isVoid(this.#scene, host.cluster, by)) continue
      const knows = host.state.masterships.get(cluster)
      if (knows !== undefined && compareTokens(knows, token) >= 0) continue
      const what = `${host.node} acts without knowing token ${formatToken(token)} of ${cluster}, which its cluster knew`
      this.#scene.breach('NW1 foreign tokens survive a switch', what)
    }
  }

  #knows(own: ClusterId, { cluster, token }: Learned, by: Token): void {
    const known = this.#known.get(own) ?? new Map<ClusterId, { token: Token; by: Token }>()
    const before = known.get(cluster)
    if (before === undefined || compareTokens(token, before.token) > 0) known.set(cluster, { token, by })
    this.#known.set(own, known)
  }

  /** A recovering grant says that the log may be lost. */
  lost(cluster: ClusterId): void {
    this.#known.delete(cluster)
  }
}
