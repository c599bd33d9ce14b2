/** Checks, from genesis alone, that a transaction is on the chain and what became of it: nobody who is asked has to be trusted. */
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { decodeReceipt } from '@baton/shared/codec/receipt'
import { transactionId } from '@baton/shared/codec/transaction'
import { voteSignBytes } from '@baton/shared/codec/vote'
import { type DecidedHeader, type OpenedHeader, openDecidedHeader } from '@baton/shared/core/ledger/decided-header'
import { verifyTransactionProof } from '@baton/shared/core/ledger/transaction-proof'
import type { Receipt } from '@baton/shared/core/ledger/types'
import { verifyInclusion } from '@baton/shared/core/merkle/merkle'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { fromBase64Url } from '@baton/shared/crypto/bytes'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { credential } from '@baton/shared/crypto/statement-schemas'
import type { Credential, Mastership } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import * as id from '@baton/shared/id-schemas'
import type { Hash, Height } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { z } from 'zod'
import { ed25519Verifier } from '../adapters/verifier.ts'

/** A transaction that more than two thirds of the clusters have decided. */
export interface ProvenTransaction {
  readonly id: Hash
  readonly height: Height
  readonly index: number
  /** Hash of its block. */
  readonly block: Hash
  /** The signed bytes. */
  readonly bytes: Uint8Array
  /** What became of it; null until the next block is decided, which certifies the result. */
  readonly receipt: Receipt | null
}

const bytes = z.string().transform((text, context) => {
  const decoded = fromBase64Url(text)
  if (decoded === null) context.addIssue('must be base64url')
  return decoded ?? new Uint8Array()
})
const inclusion = z.object({ index: id.count, size: id.count, path: z.array(id.hash).max(64) })
const header = z.object({ header: bytes, certificate: bytes, credentials: z.array(credential).max(LIMITS.clusters) })
const answerSchema = z.object({
  signed: bytes,
  receiptBytes: bytes,
  proof: z.object({
    transaction: inclusion,
    receipt: inclusion,
    parts: z.object({ previous: id.hash, state: id.hash, receipts: id.hash, height: id.count }),
  }),
  evidence: z.object({ block: header, next: header.nullable() }).nullable(),
})

/** @throws BatonError PROOF_INVALID: the answer does not prove it */
export async function verifyProof(genesis: Trust, wanted: Hash, answer: unknown): Promise<ProvenTransaction> {
  const parsed = answerSchema.safeParse(answer)
  if (!parsed.success) throw invalid(`the answer is none: ${parsed.error.issues[0]?.message}`)
  const { signed, receiptBytes, proof, evidence } = parsed.data
  if (evidence === null) throw invalid('the node has no history of masters for this block')
  if (transactionId(sha256, signed) !== wanted) throw invalid('it is another transaction')
  const block = await opened(genesis, evidence.block)
  const { height, transactionsRoot } = block.header
  if (!verifyInclusion(sha256, transactionsRoot, signed, proof.transaction)) throw invalid('it is not in the block')
  const proven = { id: wanted, height, index: proof.transaction.index, block: block.hash, bytes: signed }
  if (evidence.next === null) return { ...proven, receipt: null }
  const next = await opened(genesis, evidence.next)
  if (next.header.previous !== block.hash) throw invalid('the next block follows another one')
  const { result } = next.header
  const parts = { ...proof, parts: { ...proof.parts, height: proof.parts.height as Height } }
  if (
    proof.parts.height !== height ||
    !verifyTransactionProof(sha256, { transactionsRoot, result }, { bytes: signed, receiptBytes, proof: parts })
  ) {
    throw invalid('the receipt is not the one that the network agreed on')
  }
  const receipt = decodeReceipt(receiptBytes)
  if (!receipt.ok) throw invalid(`the receipt: ${receipt.why}`)
  return { ...proven, receipt: receipt.value }
}

async function opened(genesis: Trust, said: DecidedHeader): Promise<OpenedHeader> {
  const certificate = decodeCertificate(said.certificate)
  if (!certificate.ok) throw invalid(`the certificate: ${certificate.why}`)
  const masterships = await verifiedAll(genesis, said.credentials)
  const late = await verifiedAll(genesis, certificate.value.credentials)
  const clusters = genesis.clusters.map(({ cluster }) => cluster)
  const open = openDecidedHeader(sha256, { network: genesis.network, clusters }, said, masterships, late)
  if (!open.ok) throw invalid(open.why)
  const verifier = ed25519Verifier()
  const messages = open.value.checks.map(({ key, vote }) => {
    return { key, message: voteSignBytes(genesis.network, vote), signature: vote.signature }
  })
  if ((await verifier.verifyAll(messages)).includes(false)) throw invalid('a signature of the certificate is wrong')
  return open.value
}

async function verifiedAll(genesis: Trust, credentials: readonly Credential[]): Promise<readonly Mastership[]> {
  const verified = await Promise.all(credentials.map((one) => verifyCredential(genesis, one)))
  return verified.map((one) => {
    if (!one.ok) throw invalid(`a credential: ${one.why}`)
    return one.value
  })
}

function invalid(why: string): BatonError {
  return new BatonError('PROOF_INVALID', `the transaction is not proven: ${why}`, {
    remedy: 'ask another node; if none can prove it, compare genesis.json with theirs',
  })
}
