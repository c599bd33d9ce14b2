/**
 * Compares what the masters report about results (NW4). Reports are kept in memory only: rows written are the dominant cost
 * of the platform, and a mismatch shows again at the next height. What is found is an event.
 */
import { createAudit, report } from '@baton/shared/core/audit/audit'
import type { AuditState, ResultEntry } from '@baton/shared/core/audit/types'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { peekStatement, verifyStatement } from '@baton/shared/crypto/statements'
import { type ClusterId, type Jws, sameToken, type UnixMs } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'
import { appendEvent } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'

export class Results {
  readonly #sql: Sql
  #audit: AuditState

  constructor(sql: Sql, clusters: readonly ClusterId[]) {
    this.#sql = sql
    this.#audit = createAudit(clusters)
  }

  /** Only the master of the table, under its token, speaks for its cluster. */
  async take(jws: Jws, masterOf: (cluster: ClusterId) => Mastership | null, at: UnixMs): Promise<Result<null>> {
    const read = peekStatement('resultReport', jws)
    if (!read.ok) return read
    const { cluster, node } = read.payload
    const master = masterOf(cluster)
    if (master?.node !== node || !sameToken(master, read.payload)) {
      return failure('NOT_CURRENT_MASTER', `${node} is not the master of ${cluster} under this token`)
    }
    const verified = await verifyStatement('resultReport', jws, [master.key])
    if (!verified.ok) return verified
    const { generation, epoch, results } = verified.payload
    const step = report(this.#audit, { cluster, generation, epoch, node }, results as readonly ResultEntry[])
    this.#sql.transaction(() => {
      for (const event of step.events) appendEvent(this.#sql, at, event)
    })
    this.#audit = step.state
    return step.rejected === undefined ? success(null) : failure(step.rejected.code, step.rejected.why)
  }
}
