/** NW3, RC1: a vote of before a recovery counts no more, judged by the grants that were made and by what stands in the logs. */
import type { NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { compareTokens, formatToken } from '@baton/shared/ids'
import { recordIn } from '../decoded.ts'
import type { Host } from '../host.ts'
import type { Scene } from './scene.ts'

type Received = Extract<NodeInput, { i: 'vote' }>

export class CountedVotes {
  readonly #scene: Scene

  constructor(scene: Scene) {
    this.#scene = scene
  }

  stepped(host: Host, before: NodeState, { vote }: Received, { state }: NodeStep): void {
    if (state.consensus === before.consensus) return
    const known = before.masterships.get(vote.cluster)
    if (known === undefined || compareTokens(vote, known) >= 0) return
    const { grants } = this.#scene.authorities.get(vote.cluster)!
    const recovery = grants.find(
      (grant) => grant.recovering && compareTokens(vote, grant) < 0 && compareTokens(grant, known) <= 0,
    )
    // RC1: up to the height at which its own log took the recovering token in, old votes stay good.
    if (recovery === undefined || (known.recovering && vote.height <= learnedAt(host, known))) return
    const what = `${host.node} counts a vote of ${vote.cluster} under ${formatToken(vote)} at ${vote.height}`
    this.#scene.breach(
      'NW3 no vote of before a recovery counts',
      `${what}, which recovers since ${formatToken(recovery)}`,
    )
  }
}

/** Infinite when the log does not tell: it is compacted, or not on disk yet. */
function learnedAt({ disk }: Host, { credential }: Mastership): number {
  for (const entry of disk.entries) {
    if (entry.kind !== 'token') continue
    const record = recordIn(entry)
    if (record.kind === 'token' && record.credential.grant === credential.grant) return record.height
  }
  return Number.POSITIVE_INFINITY
}
