/** What a client may post: bytes of signed transactions, as they are or inside JSON. */
import { decodeCanonical } from '@baton/shared/codec/cbor'
import { fromBase64Url } from '@baton/shared/crypto/bytes'
import { BatonError } from '@baton/shared/errors'
import { LIMITS } from '@baton/shared/limits'

/** Room for base64url and the JSON around it. */
export const SINGLE_BODY_BYTES = Math.ceil((LIMITS.transactionBytes * 4) / 3) + 256
export const BATCH_BODY_BYTES = LIMITS.batchBytes

/** @throws BatonError BAD_REQUEST, TRANSACTION_MALFORMED, BODY_TOO_LARGE */
export function singleTransaction(body: Uint8Array, contentType: string | undefined): Uint8Array {
  if (isCbor(contentType)) return sized(body)
  const signed = (parseJson(body) as { signed?: unknown } | null)?.signed
  return sized(fromText(signed))
}

/**
 * A CBOR array of byte strings, or `{"signed": [base64url, …]}`.
 * @throws BatonError as above; one bad member spoils the batch only when it is not bytes at all
 */
export function batchTransactions(body: Uint8Array, contentType: string | undefined): readonly Uint8Array[] {
  const list = isCbor(contentType) ? cborList(body) : jsonList(body)
  if (list.length === 0 || list.length > LIMITS.batchTransactions) {
    throw new BatonError('BAD_REQUEST', `a batch has 1 to ${LIMITS.batchTransactions} transactions, not ${list.length}`)
  }
  return list
}

function cborList(body: Uint8Array): readonly Uint8Array[] {
  const decoded = decodeCanonical(body)
  if (!decoded.ok) throw new BatonError('BAD_REQUEST', `the batch is not canonical CBOR: ${decoded.why}`)
  const list = decoded.value
  if (!Array.isArray(list) || !list.every((item) => item instanceof Uint8Array)) {
    throw new BatonError('BAD_REQUEST', 'the batch is not a CBOR array of byte strings')
  }
  return list
}

function jsonList(body: Uint8Array): readonly Uint8Array[] {
  const signed = (parseJson(body) as { signed?: unknown } | null)?.signed
  if (!Array.isArray(signed)) throw new BatonError('BAD_REQUEST', 'the body is not {"signed": ["base64url", …]}')
  return signed.map(fromText)
}

function fromText(signed: unknown): Uint8Array {
  if (typeof signed !== 'string') {
    throw new BatonError('BAD_REQUEST', 'the body is not {"signed": "base64url"}', {
      remedy: 'post the signed bytes as application/cbor, or {"signed": "…"} as application/json',
    })
  }
  const bytes = fromBase64Url(signed)
  if (bytes === null) throw new BatonError('TRANSACTION_MALFORMED', '"signed" is not unpadded base64url')
  return bytes
}

function sized(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= LIMITS.transactionBytes) return bytes
  throw new BatonError(
    'BODY_TOO_LARGE',
    `the transaction has ${bytes.length} bytes, ${LIMITS.transactionBytes} are allowed`,
    { remedy: 'store large documents elsewhere and put their hash on the chain' },
  )
}

function isCbor(contentType: string | undefined): boolean {
  return contentType === 'application/cbor' || contentType?.startsWith('application/cbor;') === true
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    throw new BatonError('BAD_REQUEST', 'the body is not JSON', {
      remedy: 'post the signed bytes with content-type application/cbor, or {"signed": "base64url"} as JSON',
    })
  }
}
