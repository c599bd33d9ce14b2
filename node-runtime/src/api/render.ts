/** What is shown of a block and of a proven transaction. Bytes become base64url in `stringify`. */
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { BatonError } from '@baton/shared/errors'
import type { DecidedBlock, ProvenTransaction } from './node-service.ts'

export function renderBlock({ block, certificate, result }: DecidedBlock): object {
  return {
    height: block.header.height,
    hash: block.hash,
    header: block.header,
    result,
    transactions: block.transactions,
    credentials: block.credentials,
    certificate: readable(certificate),
  }
}

/**
 * The block comes without its transactions: the proof leads from `signed` to `header.transactionsRoot`, and from
 * `receiptBytes` to `result`, which the next block's header repeats. `evidence` proves both blocks from genesis.
 */
export function renderTransaction(proven: ProvenTransaction): object {
  const { id, height, index, bytes, receipt, receiptBytes, proof, block, result, evidence } = proven
  return {
    id,
    height,
    index,
    signed: bytes,
    receipt,
    receiptBytes,
    proof,
    evidence,
    block: { hash: block.hash, header: block.header, result, certificate: readable(proven.certificate) },
  }
}

function readable(certificate: Uint8Array): unknown {
  const decoded = decodeCertificate(certificate)
  if (decoded.ok) return decoded.value
  throw new BatonError('STORAGE_DAMAGED', `a stored certificate cannot be read: ${decoded.why}`, {
    remedy: 'stop the node, move its data folder away and start it again: it fetches the chain from its peers',
  })
}
