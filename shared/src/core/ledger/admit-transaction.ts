/** Whether a transaction may enter a mempool. */
import { decodeReceipt } from '../../codec/receipt.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import { type Failure, failure } from '../../result.ts'
import type { Application, StateView } from './application.ts'
import type { ChainState } from './chain.ts'
import type { Receipt, SignedTransaction } from './types.ts'

/** `executed`: it is in the chain already; its first receipt is the answer to the client (a retry is harmless). */
export type Admission =
  | { readonly ok: true; readonly kind: 'new' }
  | { readonly ok: true; readonly kind: 'executed'; readonly receipt: Receipt }
  | Failure

/**
 * The signature is the driver's to verify, after this. Fails with `TRANSACTION_NETWORK`, or with `TRANSACTION_REJECTED` when
 * the application says that it can no longer succeed.
 */
export function admitTransaction(
  chain: Pick<ChainState, 'network'>,
  signed: SignedTransaction,
  reader: Pick<ChainReader, 'transaction' | 'stateValue'>,
  application: Application,
): Admission {
  const { network } = signed.transaction
  if (network !== chain.network) {
    return failure('TRANSACTION_NETWORK', `the transaction is for network ${network}, this is ${chain.network}`)
  }
  const executed = reader.transaction(signed.id)
  if (executed !== null) {
    const receipt = decodeReceipt(executed.receipt)
    return receipt.ok
      ? { ok: true, kind: 'executed', receipt: receipt.value }
      : failure('STORAGE_DAMAGED', `the receipt of ${signed.id}: ${receipt.why}`)
  }
  const check = application.check(signed.transaction, stateView(reader))
  return check.ok ? { ok: true, kind: 'new' } : failure('TRANSACTION_REJECTED', `${check.code}: ${check.why}`)
}

/** The stored state, as of the last executed block. */
export function stateView(reader: Pick<ChainReader, 'stateValue'>): StateView {
  return { get: (key) => reader.stateValue(key) }
}
