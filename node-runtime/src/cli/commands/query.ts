import { BatonError } from '@baton/shared/errors'
import { BatonClient } from '../../client/baton-client.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { nodeUrls } from '../node-urls.ts'

const KINDS = ['record', 'history', 'account', 'minter']

export interface ReadOptions extends OutputOptions {
  readonly url?: readonly string[]
}

/** Long enough for a switch to end, short for a person who waits. */
export const READ_RETRY_MS = 5_000

/** @throws BatonError BAD_REQUEST, UNREACHABLE, NOT_FOUND when there is nothing under the key */
export async function query(kind: string, key: string, { url, json }: ReadOptions): Promise<void> {
  if (!KINDS.includes(kind)) {
    throw new BatonError('BAD_REQUEST', `"${kind}" cannot be queried`, { remedy: `query one of ${KINDS.join(', ')}` })
  }
  const client = new BatonClient({ urls: nodeUrls(url), retryForMs: READ_RETRY_MS })
  try {
    const answer = await client.query(`${kind}/${key}`)
    if (json) printJson(answer)
    else if (answer.value === null)
      throw new BatonError('NOT_FOUND', `there is no ${kind} ${key} at height ${answer.height}`)
    else print(JSON.stringify(answer.value, null, 2))
  } finally {
    await client.close()
  }
}
