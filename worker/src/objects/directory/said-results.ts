/**
 * NW4, NW5: the signed reports behind what the audit remembers of each height, so that an event about a master shows what was said, by whom, and anybody can
 * check it later: that nobody has made it up, the directory neither. In memory, as the audit's own reports are.
 */
import { reportsAt } from '@baton/shared/core/audit/results'
import type { AuditEvent, AuditInput, AuditState } from '@baton/shared/core/audit/types'
import { type ClusterId, type Height, type Jws, sameToken, type Token } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'

type ReportInput = Extract<AuditInput, { readonly i: 'report' }>
type Compared = Extract<AuditEvent, { readonly event: 'result-mismatch' | 'missed-votes' }>

export interface SaidEvidence {
  /** Result reports, each signed by a master: the accused one's first. */
  readonly reports: readonly Jws[]
  /** For how many there was no room. */
  readonly leftOut?: number
}

export class SaidResults {
  readonly #of = new Map<ClusterId, Map<Height, { readonly token: Token; readonly statement: Jws }>>()

  /** After `input` was taken in: which heights it speaks for. */
  keep({ reports }: AuditState, { by, results }: ReportInput, statement: Jws): void {
    const remembered = reports.get(by.cluster)
    if (remembered === undefined) return
    const kept = this.#of.get(by.cluster) ?? new Map()
    this.#of.set(by.cluster, kept)
    for (const { height, block, result } of results) {
      const said = remembered.get(height)
      const counts = said !== undefined && sameToken(said.by, by) && said.block === block && said.result === result
      const known = kept.get(height)
      if (counts && !(known !== undefined && sameToken(known.token, by))) kept.set(height, { token: by, statement })
    }
    for (const height of kept.keys()) if (!remembered.has(height)) kept.delete(height)
  }

  /** What the finding rests on. */
  behind(state: AuditState, event: Compared): SaidEvidence {
    const said = new Set(event.event === 'result-mismatch' ? this.#compared(event) : this.#missed(state, event))
    const reports: Jws[] = []
    let room = LIMITS.evidenceCharacters
    for (const statement of said) {
      room -= statement.length
      if (room >= 0) reports.push(statement)
    }
    const leftOut = said.size - reports.length
    return leftOut === 0 ? { reports } : { reports, leftOut }
  }

  #compared({ by, height, agreeing }: Extract<Compared, { event: 'result-mismatch' }>): readonly Jws[] {
    return [by.cluster, ...agreeing].flatMap((cluster) => this.#at(cluster, height))
  }

  /** Of the row that was counted now. */
  #missed(state: AuditState, { by, upTo }: Extract<Compared, { event: 'missed-votes' }>): readonly Jws[] {
    const heights = Array.from({ length: state.policy.missedInARow }, (_, back) => (upTo - back) as Height)
    return heights.flatMap((height) =>
      reportsAt(state, height)
        .filter(({ missed }) => missed.some((run) => run.cluster === by.cluster && sameToken(run, by)))
        .flatMap((report) => this.#at(report.by.cluster, height)),
    )
  }

  #at(cluster: ClusterId, height: Height): readonly Jws[] {
    const kept = this.#of.get(cluster)?.get(height)
    return kept === undefined ? [] : [kept.statement]
  }
}
