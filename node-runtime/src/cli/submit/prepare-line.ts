/** From one line of input to the bytes that are submitted. */

import { transactionId } from '@baton/shared/codec/transaction'
import type { Action } from '@baton/shared/core/ledger/types'
import { fromBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { failure, type Result, success } from '@baton/shared/result'
import { readAction } from '../../client/action.ts'
import { type ReadyTransaction, type Signer, signAction } from '../../client/sign.ts'

export type LineContent =
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'signed'; readonly bytes: Uint8Array }

/** `{"put":{…}}` and the like, or `{"signed":"base64url"}`. Fails with BAD_REQUEST; never throws. */
export function readLine(text: string): Result<LineContent> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return failure('BAD_REQUEST', 'not JSON')
  }
  const signed = (value as { signed?: unknown } | null)?.signed
  if (typeof signed === 'string') {
    const bytes = fromBase64Url(signed)
    return bytes === null || bytes.length <= 64
      ? failure('BAD_REQUEST', '"signed" is not a signed transaction in base64url')
      : success({ kind: 'signed', bytes })
  }
  const action = readAction(value)
  return action.ok ? success({ kind: 'action', action: action.value }) : action
}

/** @param nonce repeatable, so that a line that is submitted again is the same transaction */
export async function toTransaction(
  content: LineContent,
  signer: Signer | null,
  nonce: string,
): Promise<ReadyTransaction | null> {
  if (content.kind === 'signed') return { id: transactionId(sha256, content.bytes), bytes: content.bytes }
  return signer === null ? null : signAction(signer, content.action, nonce)
}

/** Lines with one key are submitted in their order, the others side by side. */
export function orderOf(content: LineContent, line: number): string {
  if (content.kind === 'signed') return `line ${line}`
  return content.action.kind === 'put' ? `record ${content.action.key}` : 'account'
}
