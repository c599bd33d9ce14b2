/** What a client is to do about a transaction that was not taken, also when another node refused it. */
import type { ErrorCode } from '@baton/shared/errors'

const REMEDIES: { readonly [Code in ErrorCode]?: string } = {
  BODY_TOO_LARGE: 'Split the record, or store a hash of it on the chain.',
  TRANSACTION_MALFORMED: 'Sign it again with a current client.',
  TRANSACTION_SIGNATURE: 'Sign the exact bytes with the key named as sender.',
  TRANSACTION_NETWORK: 'Sign it for this network: the network id is part of what is signed.',
  TRANSACTION_REJECTED: 'Read the current state, then sign a new transaction.',
  MEMPOOL_FULL: 'Send more slowly, then send this one again.',
}

/** Every other code says that the network could not: the same bytes may be sent again. */
export function submissionRemedy(code: ErrorCode): string {
  return REMEDIES[code] ?? 'Send the same bytes again, here or to another node: a transaction is executed once.'
}
