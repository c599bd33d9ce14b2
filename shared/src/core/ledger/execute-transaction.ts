/** One transaction against the state: its receipt, and its writes if it succeeded. */
import { encodeReceipt } from '../../codec/receipt.ts'
import { BatonError, ERROR_CODES } from '../../errors.ts'
import { LIMITS } from '../../limits.ts'
import type { Application, ExecutionContext, ExecutionOutcome } from './application.ts'
import { type BlockState, SYSTEM_PREFIX } from './block-state.ts'
import type { Receipt, SignedTransaction } from './types.ts'

const CODE_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/
/** The same words on every node, whatever the application threw: messages of engines differ. */
const FAULT = { ok: false, code: 'APPLICATION_FAULT', why: 'the application failed on this transaction' } as const

export interface Execution {
  readonly receipt: Receipt
  readonly encoded: Uint8Array
}

/**
 * Executes and applies to `state`. An application that throws, or answers something else than an outcome, gives a failed
 * receipt, the same on all nodes. A failure of this node's own store is thrown on: no other node would have it.
 */
export function executeTransaction(
  signed: SignedTransaction,
  context: ExecutionContext,
  state: BlockState,
  application: Application,
): Execution {
  try {
    const outcome = application.execute(signed.transaction, context, state)
    const execution = checkedExecution(outcome, context)
    if (state.storeFailure === null) {
      if (outcome.ok) state.apply(outcome.writes)
      return execution
    }
  } catch (error) {
    if (state.storeFailure === null) {
      if (isStoreError(error)) throw error
      return withReceipt({ id: context.id, height: context.height, index: context.index, ...FAULT })
    }
  }
  throw state.storeFailure.cause
}

function isStoreError(error: unknown): boolean {
  return error instanceof BatonError && ERROR_CODES[error.code].owner === 'storage'
}

/** Throws for what is no outcome: an application may be loaded code that no compiler checked together with this. */
function checkedExecution(outcome: ExecutionOutcome, { id, height, index }: ExecutionContext): Execution {
  if (!outcome.ok) {
    const { code, why } = outcome
    if (!CODE_PATTERN.test(code) || !why.isWellFormed() || why.length > LIMITS.whyCharacters) throw new NoOutcome()
    return withReceipt({ id, height, index, ok: false, code, why })
  }
  if (!outcome.writes.every(isWrite)) throw new NoOutcome()
  const head = { id, height, index, ok: true } as const
  const execution = withReceipt(outcome.data === undefined ? head : { ...head, data: outcome.data })
  if (execution.encoded.length > LIMITS.transactionBytes) throw new NoOutcome()
  return execution
}

function withReceipt(receipt: Receipt): Execution {
  return { receipt, encoded: encodeReceipt(receipt) }
}

class NoOutcome extends Error {
  override readonly name = 'NoOutcome'
}

function isWrite({ key, value }: { readonly key: unknown; readonly value: unknown }): boolean {
  return (
    typeof key === 'string' &&
    key.length <= LIMITS.stateKeyCharacters &&
    key.isWellFormed() &&
    !key.startsWith(SYSTEM_PREFIX) &&
    (value === null || value instanceof Uint8Array)
  )
}
