/** A node's chain as the node serves it: every block read back, nothing believed that can be computed. */
import { encodeHeader } from '@baton/shared/codec/block-header'
import { transactionId } from '@baton/shared/codec/transaction'
import type { BlockHeader } from '@baton/shared/core/ledger/types'
import { merkleRoot } from '@baton/shared/core/merkle/merkle'
import { fromBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { ChainCopy, CopiedBlock } from './evidence.ts'

const ANSWER_MS_MAX = 5_000
const AT_ONCE = 8

interface ServedBlock {
  readonly hash: string
  readonly header: BlockHeader
  readonly result: string
  /** Base64url. */
  readonly transactions: readonly string[]
}

/** @throws Error when the node does not answer, answers with an error, or serves a block that is not what its hash says */
export async function readHttp(node: string, apiAddress: string): Promise<ChainCopy> {
  const latest = await getJson<ServedBlock>(apiAddress, '/v1/blocks/latest')
  const blocks = new Map<number, CopiedBlock>()
  let next = 1
  const worker = async () => {
    while (next <= latest.header.height) {
      const height = next++
      blocks.set(height, copied(height, await getJson<ServedBlock>(apiAddress, `/v1/blocks/${height}`)))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return { node, source: 'http', settled: true, blocks, index: null }
}

function copied(height: number, served: ServedBlock): CopiedBlock {
  const transactions = served.transactions.map((text) => {
    const bytes = fromBase64Url(text)
    if (bytes === null) throw new Error(`block ${height} holds a transaction that is not base64url`)
    return bytes
  })
  const { header } = served
  if (header.height !== height || sha256(encodeHeader(header)) !== served.hash) {
    throw new Error(`block ${height} is not the one its hash names`)
  }
  if (merkleRoot(sha256, transactions) !== header.transactionsRoot) {
    throw new Error(`block ${height} is served with other transactions than its header names`)
  }
  return {
    hash: served.hash,
    previous: header.previous,
    result: served.result,
    transactions: transactions.map((bytes) => transactionId(sha256, bytes)),
  }
}

export async function getJson<Answer>(apiAddress: string, path: string): Promise<Answer> {
  const response = await fetch(`http://${apiAddress}${path}`, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Answer
}
