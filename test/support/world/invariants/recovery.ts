/** Section 6: what a cluster says of another's recovering epoch, and that a recovering master says nothing. */

import type { Mastership } from '@baton/shared/crypto/statement-types'
import { compareTokens, formatToken, type Token } from '@baton/shared/ids'
import type { EpochAck } from '@baton/shared/protocol/peer'
import { recordIn } from '../decoded.ts'
import type { Host } from '../host.ts'
import { electableWith, type Scene } from './scene.ts'

export class Recoveries {
  readonly #scene: Scene

  constructor(scene: Scene) {
    this.#scene = scene
  }

  /** RC1: what is acknowledged is a record on the disk of every node that could be granted the next epoch. */
  acknowledges(host: Host, { cluster, token }: EpochAck): void {
    const known = host.disk.masterships.get(cluster)
    const missing = electableWith(this.#scene, host).filter((other) => !hasToken(other, known))
    if (known !== undefined && compareTokens(known, token) === 0 && missing.length === 0) return
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

function hasToken(host: Host, known: Mastership | undefined): boolean {
  return host.disk.entries.some((entry) => {
    if (entry.kind !== 'token' || !host.hasDurably(entry.index, entry.hash)) return false
    const record = recordIn(entry)
    return record.kind === 'token' && record.credential.grant === known?.credential.grant
  })
}
