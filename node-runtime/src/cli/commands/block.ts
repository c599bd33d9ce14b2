import { BatonError } from '@baton/shared/errors'
import { BatonClient } from '../../client/baton-client.ts'
import { print, printJson } from '../command-io.ts'
import { nodeUrls } from '../node-urls.ts'
import { READ_RETRY_MS, type ReadOptions } from './query.ts'

interface ShownBlock {
  readonly height: number
  readonly hash: string
  readonly header: { readonly time: number; readonly proposer: string; readonly previous: string }
  readonly result: string
  readonly transactions: readonly string[]
  readonly certificate: { readonly round: number; readonly votes: readonly { cluster: string; epoch: number }[] }
}

/** @throws BatonError BAD_REQUEST, UNREACHABLE, NOT_FOUND */
export async function block(height: string, { url, json }: ReadOptions): Promise<void> {
  if (height !== 'latest' && !/^[1-9]\d{0,14}$/.test(height)) {
    throw new BatonError('BAD_REQUEST', `"${height}" is not a height: a whole number from 1, or latest`)
  }
  const client = new BatonClient({ urls: nodeUrls(url), retryForMs: READ_RETRY_MS })
  try {
    const answer = (await client.block(height === 'latest' ? height : Number(height))) as ShownBlock
    if (json) printJson(answer)
    else print(format(answer))
  } finally {
    await client.close()
  }
}

function format({ height, hash, header, result, transactions, certificate }: ShownBlock): string {
  const votes = certificate.votes.map(({ cluster, epoch }) => `${cluster} (epoch ${epoch})`).join(', ')
  return [
    `block         ${height}`,
    `hash          ${hash}`,
    `previous      ${header.previous}`,
    `time          ${new Date(header.time).toISOString()}`,
    `proposer      ${header.proposer}, round ${certificate.round}`,
    `votes         ${votes}`,
    `transactions  ${transactions.length}`,
    `result        ${result}`,
  ].join('\n')
}
