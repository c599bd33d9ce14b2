/**
 * Blocks as bytes: the length of the head (4 bytes, big-endian), the head, a canonical CBOR array, and the transactions
 * one after the other, whose lengths the head lists. A decoded block's transactions are views into these bytes: a block
 * of megabytes is neither copied nor walked by a general decoder.
 */

import type { Block, BlockHeader, CommitCertificate } from '../core/ledger/types.ts'
import { merkleRoot } from '../core/merkle/merkle.ts'
import type { HashFunction } from '../core/step.ts'
import type { Credential } from '../crypto/statement-types.ts'
import type { Hash } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { failure, type Result, success } from '../result.ts'
import { encodeHeader, readHeader } from './block-header.ts'
import { decodeCanonical, encodeCanonical } from './cbor.ts'
import { certificateHash, decodeCertificate, encodeCertificate } from './certificate.ts'
import { FieldReader, MalformedField } from './field-reader.ts'
import { ZERO_HASH } from './hash-bytes.ts'

const LENGTH_BYTES = 4

/** What a proposer chooses; the header's other fields follow from it. */
export interface BlockFields {
  readonly header: Omit<BlockHeader, 'transactionsRoot' | 'credentials' | 'lastCommit'>
  readonly transactions: readonly Uint8Array[]
  readonly credentials: readonly Credential[]
  readonly lastCommit: CommitCertificate | null
}

interface Head {
  readonly header: Uint8Array
  readonly credentials: readonly Credential[]
  readonly lastCommit: Uint8Array | null
  readonly lengths: readonly number[]
}

/** Completes the header and encodes the block. */
export function buildBlock(hash: HashFunction, fields: BlockFields): Block {
  const { transactions, credentials, lastCommit } = fields
  const commit = lastCommit === null ? null : encodeCertificate(lastCommit)
  const header: BlockHeader = {
    ...fields.header,
    transactionsRoot: merkleRoot(hash, transactions),
    credentials: credentialsHash(hash, credentials),
    lastCommit: commit === null ? ZERO_HASH : certificateHash(hash, commit),
  }
  const encodedHeader = encodeHeader(header)
  const bytes = join(encodedHeader, credentials, commit, transactions)
  return { hash: hash(encodedHeader), header, transactions, credentials, lastCommit, bytes }
}

export function encodeBlock(block: Omit<Block, 'bytes' | 'hash'>): Uint8Array {
  const commit = block.lastCommit === null ? null : encodeCertificate(block.lastCommit)
  return join(encodeHeader(block.header), block.credentials, commit, block.transactions)
}

/**
 * Decodes bytes from anywhere; never throws; checks limits and that every part of the body is the one its header names.
 * What the block says is judged by `validateBlock`. Fails with `PEER_MALFORMED`.
 */
export function decodeBlock(hash: HashFunction, bytes: Uint8Array): Result<Block> {
  return read(bytes, (head, transactions) => {
    const block = readBlock(hash, head, transactions, bytes)
    const { header } = block
    const commit = head.lastCommit === null ? ZERO_HASH : certificateHash(hash, head.lastCommit)
    if (header.lastCommit !== commit) throw new MalformedField('lastCommit is not the one of the header')
    if (header.credentials !== credentialsHash(hash, head.credentials)) {
      throw new MalformedField('the credentials are not those of the header')
    }
    if (header.transactionsRoot !== merkleRoot(hash, transactions)) {
      throw new MalformedField('the transactions are not those of the header')
    }
    return block
  })
}

/** One transaction of a block that was decoded and checked before, without reading the others; null when there is none. */
export function blockTransaction(bytes: Uint8Array, index: number): Uint8Array | null {
  const found = read(bytes, (_head, transactions) => transactions[index] ?? null)
  return found.ok ? found.value : null
}

/** `decodeBlock` for a block that was checked before it was stored: hashes the header only. */
export function decodeStoredBlock(hash: HashFunction, bytes: Uint8Array): Result<Block> {
  return read(bytes, (head, transactions) => readBlock(hash, head, transactions, bytes))
}

function credentialsHash(hash: HashFunction, credentials: readonly Credential[]): Hash {
  return hash(encodeCanonical(['baton-credentials/1', pairs(credentials)]))
}

function pairs(credentials: readonly Credential[]): readonly (readonly [string, string])[] {
  return credentials.map((credential) => [credential.grant, credential.certificate] as const)
}

function join(
  header: Uint8Array,
  credentials: readonly Credential[],
  commit: Uint8Array | null,
  transactions: readonly Uint8Array[],
): Uint8Array {
  const lengths = transactions.map((transaction) => transaction.length)
  const head = encodeCanonical([header, pairs(credentials), commit, lengths])
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, LENGTH_BYTES + head.length))
  new DataView(bytes.buffer).setUint32(0, head.length)
  bytes.set(head, LENGTH_BYTES)
  let at = LENGTH_BYTES + head.length
  for (const transaction of transactions) {
    bytes.set(transaction, at)
    at += transaction.length
  }
  return bytes
}

function read<T>(bytes: Uint8Array, take: (head: Head, transactions: readonly Uint8Array[]) => T): Result<T> {
  try {
    if (bytes.length > LIMITS.blockBytes) throw new MalformedField(`more than ${LIMITS.blockBytes} bytes`)
    if (bytes.length < LENGTH_BYTES) throw new MalformedField('too short for a block')
    const headEnd = LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    if (headEnd > bytes.length) throw new MalformedField('the head is longer than the block')
    const head = FieldReader.read(decodedOrThrow(bytes.subarray(LENGTH_BYTES, headEnd)), readHead)
    return success(take(head, split(bytes, headEnd, head.lengths)))
  } catch (error) {
    if (error instanceof MalformedField) return failure('PEER_MALFORMED', error.message)
    throw error
  }
}

function readHead(fields: FieldReader): Head {
  return {
    header: fields.bytes(LIMITS.blockBytes),
    credentials: fields.list(LIMITS.clusters, (item) => item.array((pair) => pair.credential())),
    lastCommit: fields.nullable(() => fields.bytes(LIMITS.blockBytes)),
    lengths: fields.list(LIMITS.blockTransactions, (item) => item.integer(1, LIMITS.transactionBytes)),
  }
}

function split(bytes: Uint8Array, from: number, lengths: readonly number[]): readonly Uint8Array[] {
  const transactions: Uint8Array[] = []
  let at = from
  for (const length of lengths) {
    transactions.push(bytes.subarray(at, at + length))
    at += length
  }
  if (at !== bytes.length) throw new MalformedField(`the transactions end at ${at}, the block at ${bytes.length}`)
  return transactions
}

function readBlock(hash: HashFunction, head: Head, transactions: readonly Uint8Array[], bytes: Uint8Array): Block {
  const header = FieldReader.read(decodedOrThrow(head.header), readHeader)
  const commit = head.lastCommit === null ? null : decodeCertificate(head.lastCommit)
  if (commit?.ok === false) throw new MalformedField(`lastCommit: ${commit.why}`)
  const lastCommit = commit === null ? null : commit.value
  return { hash: hash(head.header), header, transactions, credentials: head.credentials, lastCommit, bytes }
}

function decodedOrThrow(bytes: Uint8Array): unknown {
  const decoded = decodeCanonical(bytes)
  if (!decoded.ok) throw new MalformedField(decoded.why)
  return decoded.value
}
