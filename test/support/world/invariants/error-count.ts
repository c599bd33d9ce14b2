/** NW4, NW5: the errors of every master, counted anew from what the directory was told, without the audit's own bookkeeping. */
import type { AuditPolicy } from '@baton/shared/core/audit/policy'
import type { AuditInput, ErrorKind, MissedRun, Reporter } from '@baton/shared/core/audit/types'
import { faultsTolerated, quorum } from '@baton/shared/core/ledger/types'
import { type ClusterId, compareTokens, sameToken } from '@baton/shared/ids'

interface Told {
  readonly by: Reporter
  /** Block and result as one text; null: it has none. */
  readonly outcome: string | null
  readonly missed: readonly MissedRun[]
}

type Input<Name extends AuditInput['i']> = Extract<AuditInput, { readonly i: Name }>

export class ErrorCount {
  readonly #clusters: readonly ClusterId[]
  readonly #policy: AuditPolicy
  readonly #masters = new Map<ClusterId, Reporter>()
  readonly #recovering = new Map<ClusterId, boolean>()
  readonly #errors = new Map<ClusterId, { readonly at: number; readonly kind: ErrorKind }[]>()
  readonly #told = new Map<number, Map<ClusterId, Told>>()
  /** What was counted: each act, and each wrong result, once. */
  readonly #counted = new Set<string>()
  readonly #accusers = new Map<string, Set<ClusterId>>()
  readonly #missed = new Map<ClusterId, { height: number; inARow: number }>()

  constructor(clusters: readonly ClusterId[], policy: AuditPolicy) {
    this.#clusters = clusters
    this.#policy = policy
  }

  master(cluster: ClusterId): Reporter | undefined {
    return this.#masters.get(cluster)
  }

  /** Of errors within the window; `without` one kind. */
  score(cluster: ClusterId, now: number, without: ErrorKind | null = null): number {
    const { windowMs, weights } = this.#policy
    const errors = this.#errors.get(cluster) ?? []
    return errors
      .filter(({ at, kind }) => now - at < windowMs && kind !== without)
      .reduce((sum, { kind }) => sum + weights[kind], 0)
  }

  take(input: AuditInput, now: number): void {
    switch (input.i) {
      case 'master':
        this.#begin(input)
        return
      case 'report':
        this.#report(input, now)
        return
      case 'evidence': {
        const { act, first, second } = input
        const { by } = compareTokens(first.by, second.by) > 0 ? first : second
        if (first.value !== second.value) this.#once(by, `${act.type} ${act.height}/${act.round}`, 'equivocation', now)
        return
      }
      case 'accusation': {
        const { by, against, height, round } = input
        if (by.cluster === against.cluster || !this.#inOffice(against)) return
        const what = `invalid ${height}/${round}`
        const key = `${keyOf(against)} ${what}`
        const accusers = (this.#accusers.get(key) ?? new Set()).add(by.cluster)
        this.#accusers.set(key, accusers)
        if (accusers.size > faultsTolerated(this.#clusters.length)) this.#once(against, what, 'invalid-proposal', now)
        return
      }
      default:
        return
    }
  }

  #begin({ by, recovering }: Input<'master'>): void {
    const known = this.#masters.get(by.cluster)
    const order = known === undefined ? 1 : compareTokens(by, known)
    if (order < 0) return
    this.#recovering.set(by.cluster, recovering)
    if (order === 0) return
    this.#masters.set(by.cluster, by)
    this.#errors.set(by.cluster, [])
    this.#missed.set(by.cluster, { height: this.#missed.get(by.cluster)?.height ?? 0, inARow: 0 })
  }

  #report({ by, results, missed }: Input<'report'>, now: number): void {
    const fresh: number[] = []
    for (const { height, block, result } of results) {
      const told = this.#told.get(height) ?? new Map<ClusterId, Told>()
      this.#told.set(height, told)
      const known = told.get(by.cluster)
      if (known !== undefined && compareTokens(by, known.by) <= 0) continue
      const outcome = block === null || result === null ? null : `${block} ${result}`
      told.set(by.cluster, { by, outcome, missed })
      if (known === undefined || known.outcome !== outcome) fresh.push(height)
    }
    for (const height of fresh) this.#compare(height, now)
    for (const height of fresh) this.#judgeMissed(height, now)
  }

  #compare(height: number, now: number): void {
    const told = [...(this.#told.get(height)?.values() ?? [])]
    const agreed = told.find(({ outcome }) => {
      return (
        outcome !== null && told.filter((other) => other.outcome === outcome).length >= quorum(this.#clusters.length)
      )
    })
    if (agreed === undefined) return
    for (const { by, outcome } of told) {
      if (outcome !== agreed.outcome) this.#once(by, `result ${height} ${outcome}`, 'result-mismatch', now)
    }
  }

  #judgeMissed(height: number, now: number): void {
    const told = [...(this.#told.get(height)?.values() ?? [])]
    if (told.length < quorum(this.#clusters.length)) return
    for (const [cluster, missed] of this.#missed) {
      if (height <= missed.height) continue
      const master = this.#masters.get(cluster)!
      const holds = (run: MissedRun) =>
        run.cluster === cluster && sameToken(run, master) && run.from <= height && height <= run.to
      const witnesses = told.filter(({ by, missed }) => by.cluster !== cluster && missed.some(holds))
      const counts = witnesses.length > faultsTolerated(this.#clusters.length) && !this.#recovering.get(cluster)
      missed.inARow = !counts ? 0 : height === missed.height + 1 ? missed.inARow + 1 : 1
      missed.height = height
      if (counts && missed.inARow % this.#policy.missedInARow === 0) this.#count(cluster, 'missed-votes', now)
    }
  }

  #once(by: Reporter, what: string, kind: ErrorKind, now: number): void {
    const key = `${keyOf(by)} ${what}`
    if (!this.#inOffice(by) || this.#counted.has(key)) return
    this.#counted.add(key)
    this.#count(by.cluster, kind, now)
  }

  #count(cluster: ClusterId, kind: ErrorKind, now: number): void {
    this.#errors.set(cluster, [...(this.#errors.get(cluster) ?? []), { at: now, kind }])
  }

  #inOffice(by: Reporter): boolean {
    const master = this.#masters.get(by.cluster)
    return master !== undefined && sameToken(master, by) && master.node === by.node
  }
}

function keyOf({ cluster, generation, epoch, node }: Reporter): string {
  return `${cluster} ${generation}.${epoch} ${node}`
}
