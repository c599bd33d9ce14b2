/** What masters say to the directory, verified: only the master of the table, under its token, speaks for its cluster (NW4). */
import type { AuditInput, MissedRun, Reporter, ResultEntry } from '@baton/shared/core/audit/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { verifyCredential } from '@baton/shared/crypto/credential'
import type { Mastership, StatementKind } from '@baton/shared/crypto/statement-types'
import { peekStatement, type VerifiedStatement, verifyStatement } from '@baton/shared/crypto/statements'
import { type Height, type Jws, type Round, sameToken } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'
import { reporterOf, verifyEquivocation } from './evidence.ts'
import type { MasterList } from './master-list.ts'

/** An input of the audit, and what proves it, for the event: by itself, or what was said, to be laid beside what others say. */
export interface Verified {
  readonly input: AuditInput
  readonly evidence?: object
  readonly statement?: Jws
}

type Spoken = Extract<StatementKind, 'resultReport' | 'findings'>

export class Reports {
  readonly #trust: Trust
  readonly #masters: MasterList

  constructor(trust: Trust, masters: MasterList) {
    this.#trust = trust
    this.#masters = masters
  }

  async results(jws: Jws): Promise<Result<readonly Verified[]>> {
    const report = await this.#spoken('resultReport', jws)
    if (!report.ok) return report
    const { results, missed = [], heard } = report.payload
    const input = {
      i: 'report',
      by: reporterOf(report.payload),
      results: results as readonly ResultEntry[],
      missed: missed as readonly MissedRun[],
      heard,
    } as const
    return success([{ input, statement: jws }])
  }

  /** One equivocation that does not verify makes the statement refused as a whole: its master has not looked at it. */
  async findings(jws: Jws): Promise<Result<readonly Verified[]>> {
    const findings = await this.#spoken('findings', jws)
    if (!findings.ok) return findings
    const { credentials, evidence, accusations } = findings.payload
    const masterships: Mastership[] = [...this.#masters.all()]
    for (const credential of credentials) {
      const mastership = await verifyCredential(this.#trust, credential)
      if (!mastership.ok) return mastership
      masterships.push(mastership.value)
    }
    const verified: Verified[] = []
    for (const stated of evidence) {
      const input = await verifyEquivocation(this.#trust.network, stated, masterships)
      if (!input.ok) return input
      verified.push({ input: input.value, evidence: stated })
    }
    const by = reporterOf(findings.payload)
    for (const { height, round, ...against } of accusations) {
      const input = { i: 'accusation', by, against, height: height as Height, round: round as Round } as const
      verified.push({ input, evidence: { findings: jws } })
    }
    return success(verified)
  }

  async #spoken<Kind extends Spoken>(kind: Kind, jws: Jws): Promise<VerifiedStatement<Kind>> {
    const read = peekStatement(kind, jws)
    if (!read.ok) return read
    const said: Reporter & { readonly network: string } = read.payload
    const { cluster, node, network } = said
    if (network !== this.#trust.network) return failure('STATEMENT_INVALID', `it is of network ${network}`)
    const master = this.#master(said)
    if (master === null) {
      return failure('NOT_CURRENT_MASTER', `${node} is not the master of ${cluster} under this token`)
    }
    return verifyStatement(kind, jws, [master.key])
  }

  #master(said: Reporter): Mastership | null {
    const master = this.#masters.of(said.cluster)
    return master?.node === said.node && sameToken(master, said) ? master : null
  }
}
