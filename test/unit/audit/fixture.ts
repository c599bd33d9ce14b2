/** An audit under test: every step is checked against the invariants. */
import { brokenInvariants } from '@baton/shared/core/audit/invariants'
import { createAudit, step } from '@baton/shared/core/audit/machine'
import type { AuditPolicy } from '@baton/shared/core/audit/policy'
import type {
  AuditEvent,
  AuditInput,
  AuditSend,
  AuditStep,
  HeardEntry,
  Reporter,
  ResultEntry,
} from '@baton/shared/core/audit/types'
import type { ClusterId, Epoch, Generation, Hash, Height, Instant, NodeId, Round } from '@baton/shared/ids'
import { expect } from 'vitest'

export const CLUSTERS = ['c1', 'c2', 'c3', 'c4'] as ClusterId[]
export const SEVEN = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'] as ClusterId[]

export const by = (cluster: string, epoch = 1): Reporter => ({
  cluster: cluster as ClusterId,
  generation: 0 as Generation,
  epoch: epoch as Epoch,
  node: `${cluster}-${epoch}` as NodeId,
})

export const entry = (height: number, result = 'good', block = 'block'): ResultEntry => ({
  height: height as Height,
  block: `${block}@${height}` as Hash,
  result: `${result}@${height}` as Hash,
})

export const heard = (cluster: string, forMs: number | null): HeardEntry => ({ cluster: cluster as ClusterId, forMs })

export class AuditUnderTest {
  state
  /** Virtual time in ms. */
  now = 1_000_000
  readonly events: AuditEvent[] = []
  readonly sends: AuditSend[] = []

  /** Each cluster's master at epoch 1 is known. */
  constructor(clusters: readonly ClusterId[] = CLUSTERS, policy: Partial<AuditPolicy> = {}) {
    this.state = createAudit(clusters, policy)
    for (const cluster of clusters) this.master(cluster)
  }

  send(input: AuditInput): AuditStep {
    const done = step(this.state, input, { now: this.now as Instant })
    expect(brokenInvariants(this.state, done)).toEqual([])
    this.state = done.state
    this.events.push(...done.events)
    this.sends.push(...done.send)
    return done
  }

  master(cluster: string, epoch = 1, recovering = false): AuditStep {
    return this.send({ i: 'master', by: by(cluster, epoch), recovering })
  }

  report(reporter: Reporter, results: readonly ResultEntry[], words: readonly HeardEntry[] = []): AuditStep {
    return this.send({ i: 'report', by: reporter, results, missed: [], heard: words })
  }

  /** A good result of a height that this master has missed. */
  reportMissed(reporter: Reporter, height: number, of: Reporter): AuditStep {
    const { cluster, generation, epoch } = of
    const missed = [{ cluster, generation, epoch, from: height as Height, to: height as Height }]
    return this.send({ i: 'report', by: reporter, results: [entry(height)], missed, heard: [] })
  }

  /** A contradiction of this cluster at a height: one error. */
  equivocates(cluster: string, height: number, epoch = 1): AuditStep {
    const act = { height: height as Height, round: 0 as Round, type: 'prevote' } as const
    const first = { by: by(cluster, epoch), value: 'x' as Hash }
    return this.send({ i: 'evidence', act, first, second: { ...first, value: null } })
  }

  accuses(accuser: string, accused: string, height: number, epoch = 1): AuditStep {
    const against = by(accused, epoch)
    return this.send({ i: 'accusation', by: by(accuser), against, height: height as Height, round: 0 as Round })
  }

  get orders(): readonly Extract<AuditSend, { s: 'order' }>[] {
    return this.sends.flatMap((each) => (each.s === 'order' ? [each] : []))
  }

  kinds(): readonly AuditEvent['event'][] {
    return this.events.map(({ event }) => event)
  }
}
