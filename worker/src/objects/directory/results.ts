/**
 * Compares what the masters report about results (NW4). Reports are kept in memory only: rows written are the dominant cost
 * of the platform, and a mismatch shows again at the next height. What is found is an event; what authorities are to be told is
 * returned.
 */
import { assert } from '@baton/shared/assert'
import { brokenInvariants } from '@baton/shared/core/audit/invariants'
import { createAudit, step } from '@baton/shared/core/audit/machine'
import type { AuditInput, AuditSend, AuditState, AuditStep, ResultEntry } from '@baton/shared/core/audit/types'
import { peekStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { GenesisCluster } from '@baton/shared/genesis'
import { type Instant, type Jws, sameToken, type UnixMs } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'
import { appendEvent } from '../../adapters/event-log.ts'
import type { Sql } from '../../adapters/sql.ts'
import type { MasterList } from './master-list.ts'

export class Results {
  readonly #sql: Sql
  readonly #masters: MasterList
  #audit: AuditState
  /** Of the master table that the audit knows. */
  #version = 0

  constructor(sql: Sql, clusters: readonly GenesisCluster[], masters: MasterList) {
    this.#sql = sql
    this.#masters = masters
    const recoverAfterMs = Math.min(...clusters.map(({ policy }) => policy.recoverAfterMs))
    this.#audit = createAudit(
      clusters.map(({ cluster }) => cluster),
      { recoverAfterMs },
    )
  }

  /** Only the master of the table, under its token, speaks for its cluster. */
  async take(jws: Jws, at: UnixMs): Promise<Result<readonly AuditSend[]>> {
    const read = peekStatement('resultReport', jws)
    if (!read.ok) return read
    const { cluster, node } = read.payload
    const master = this.#masters.of(cluster)
    if (master?.node !== node || !sameToken(master, read.payload)) {
      return failure('NOT_CURRENT_MASTER', `${node} is not the master of ${cluster} under this token`)
    }
    const verified = await verifyStatement('resultReport', jws, [master.key])
    if (!verified.ok) return verified
    const { generation, epoch, results, heard } = verified.payload
    this.#learnMasters(at)
    const by = { cluster, generation, epoch, node }
    const done = this.#step({ i: 'report', by, results: results as readonly ResultEntry[], heard }, at)
    return done.rejected === undefined ? success(done.send) : failure(done.rejected.code, done.rejected.why)
  }

  /** Errors count against the master that is in office (NW5). */
  #learnMasters(at: UnixMs): void {
    const { version } = this.#masters
    if (version === this.#version) return
    for (const { cluster, generation, epoch, node, recovering } of this.#masters.all()) {
      this.#step({ i: 'master', by: { cluster, generation, epoch, node }, recovering }, at)
    }
    this.#version = version
  }

  #step(input: AuditInput, at: UnixMs): AuditStep {
    // Only lengths of time are measured with it, and none decides who is master.
    const done = step(this.#audit, input, { now: at as number as Instant })
    const broken = brokenInvariants(this.#audit, done)
    assert(broken.length === 0, broken.join('; '))
    this.#sql.transaction(() => {
      for (const event of done.events) appendEvent(this.#sql, at, event)
    })
    this.#audit = done.state
    return done
  }
}
