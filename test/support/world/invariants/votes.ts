/**
 * GU7, NW3: what the votes of a height rest on, judged from all that was signed anywhere: a precommit on a polka of its round, a vote away
 * from a lock on a later polka. The prevotes of clusters that lie may have been different for each receiver, so they count for anything.
 */

import { quorum } from '@baton/shared/core/ledger/types'
import type { UnsignedAct } from '@baton/shared/core/node/io'
import type { ClusterId, Hash } from '@baton/shared/ids'
import type { Host } from '../host.ts'
import type { Scene } from './scene.ts'

type UnsignedVote = Extract<UnsignedAct, { act: 'vote' }>['vote']

export class Votes {
  readonly #scene: Scene
  /** height, round and block → the clusters that signed a prevote for it. */
  readonly #prevotes = new Map<string, Set<ClusterId>>()
  /** cluster and height → its last precommit for a block. */
  readonly #locks = new Map<string, { readonly round: number; readonly block: Hash }>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  signed(host: Host, vote: UnsignedVote): void {
    const { cluster, height, round, type, block } = vote
    if (host.traitor || block === null) return
    const lock = this.#locks.get(`${cluster} ${height}`)
    if (type === 'prevote') {
      const key = `${height}/${round} ${block}`
      const known = this.#prevotes.get(key)
      if (known === undefined) this.#prevotes.set(key, new Set([cluster]))
      else known.add(cluster)
      if (lock === undefined || lock.round >= round || lock.block === block) return
      for (let polka = lock.round; polka < round; polka++) if (this.#hasPolka(height, polka, block)) return
      const what = `${host.node} prevotes away from its cluster's lock of round ${lock.round} at ${height}/${round}`
      this.#scene.breach('GU7 the lock travels', what)
      return
    }
    if (!this.#hasPolka(height, round, block)) {
      this.#scene.breach('a precommit rests on a polka', `${host.node} precommits at ${height}/${round} without one`)
    }
    if (lock === undefined || round >= lock.round) this.#locks.set(`${cluster} ${height}`, { round, block })
  }

  #hasPolka(height: number, round: number, block: Hash): boolean {
    const clusters = this.#scene.authorities.size
    const signed = this.#prevotes.get(`${height}/${round} ${block}`)?.size ?? 0
    return signed + this.#traitors() >= quorum(clusters)
  }

  #traitors(): number {
    const clusters = new Set<ClusterId>()
    for (const { cluster, traitor } of this.#scene.hosts.values()) if (traitor) clusters.add(cluster)
    return clusters.size
  }
}
