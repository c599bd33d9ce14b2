/** Section 6: what a cluster says of another's recovering epoch, and that a recovering master says nothing. */

import { type ClusterId, compareTokens, formatToken, type Token } from '@baton/shared/ids'
import type { EpochAck } from '@baton/shared/protocol/peer'
import { recordIn } from '../decoded.ts'
import type { Host } from '../host.ts'
import { openCredential } from '../statements.ts'
import { electableWith, type Scene } from './scene.ts'

export class Recoveries {
  readonly #scene: Scene

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** RC1: what is acknowledged is known, after a restart too, to every node that could be granted the next epoch. */
  acknowledges(host: Host, { cluster, token }: EpochAck): void {
    const missing = electableWith(this.#scene, host).filter((other) => !remembers(other, cluster, token))
    if (missing.length === 0) return
    const where = `not on the disk of ${missing.map(({ node }) => node).join(', ')}`
    const what = `${host.node} acknowledges ${formatToken(token)} of ${cluster}, ${where}`
    this.#scene.breach('RC1 acknowledges a recovering epoch when it is held', what)
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
