/** The built-in application: a ledger of records and transfers. Genesis names who mints at first. */
import { unreachable } from '../../assert.ts'
import type { Genesis } from '../../genesis.ts'
import { HASH_PATTERN, type Hash } from '../../ids.ts'
import {
  type Application,
  applicationFailure,
  type CheckResult,
  type ExecutionContext,
  type ExecutionOutcome,
  type QueryOutcome,
  type QueryView,
  type StateView,
} from './application.ts'
import { Minters, notMinter } from './minters.ts'
import { checkPut, executePut, queryHistory, queryRecord, versionWrittenBy } from './records.ts'
import { checkTransfer, executeMint, executeTransfer, queryAccount } from './transfers.ts'
import type { Transaction } from './types.ts'

export const RECORDS_AND_TRANSFERS = 'records-and-transfers'

export class RecordsAndTransfers implements Application {
  readonly name = RECORDS_AND_TRANSFERS
  readonly snapshot = 'records-and-transfers/1'
  readonly #minters: Minters

  constructor(genesis: Pick<Genesis, 'clusters'>) {
    this.#minters = new Minters(genesis)
  }

  check({ sender, action }: Transaction, view: StateView): CheckResult {
    switch (action.kind) {
      case 'put':
        return checkPut(action, view)
      case 'transfer':
        return checkTransfer(sender, action, view)
      case 'mint':
        return this.#minters.mints(sender, view) ? { ok: true } : notMinter()
      case 'replace-minter':
        return this.#minters.check(sender, action, view)
      default:
        return unreachable(action)
    }
  }

  execute({ sender, action }: Transaction, context: ExecutionContext, view: StateView): ExecutionOutcome {
    switch (action.kind) {
      case 'put':
        return executePut(action, context, view)
      case 'transfer':
        return executeTransfer(sender, action, view)
      case 'mint':
        return this.#minters.mints(sender, view) ? executeMint(action, view) : notMinter()
      case 'replace-minter':
        return this.#minters.execute(sender, action, view)
      default:
        return unreachable(action)
    }
  }

  /** `record/KEY`, `history/KEY`, `version/TRANSACTION/KEY`, `account/PUBLIC-KEY`, `minter/PUBLIC-KEY`. */
  query(path: string, view: QueryView): QueryOutcome {
    const [kind, rest] = splitOnce(path)
    switch (kind) {
      case 'record':
        return queryRecord(rest, view)
      case 'history':
        return queryHistory(rest, view)
      case 'version': {
        const [id, key] = splitOnce(rest)
        if (!HASH_PATTERN.test(id)) return applicationFailure('BAD_REQUEST', `not a transaction id: ${id}`)
        return { ok: true, value: versionWrittenBy(id as Hash, key, view), key: null }
      }
      case 'account':
        return queryAccount(rest, view)
      case 'minter':
        return this.#minters.query(rest, view)
      default:
        return applicationFailure(
          'BAD_REQUEST',
          `unknown query ${kind}: there are record, history, version, account and minter`,
        )
    }
  }
}

function splitOnce(path: string): readonly [string, string] {
  const slash = path.indexOf('/')
  return slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
}
