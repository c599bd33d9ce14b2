/** Where the authentication node is and who asks: shared by all commands of operators. */
import { readFileSync } from 'node:fs'
import type { OperatorToken } from '@baton/shared/crypto/statement-types'
import { peekStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import { AuthorityClient } from '../../client/authority-client.ts'
import { reasonOf } from '../../config/genesis-file.ts'
import type { OutputOptions } from '../command-io.ts'

export interface OperatorOptions extends OutputOptions {
  readonly authorityUrl?: string
  /** File with the operator token. */
  readonly token?: string
}

export interface Connection {
  readonly client: AuthorityClient
  /** As the token says; the authority checks it. */
  readonly operator: OperatorToken
}

/** Runs `work` and closes the connection. @throws BatonError BAD_REQUEST, UNAUTHENTICATED, UNREACHABLE … */
export async function connected<Result>(
  options: OperatorOptions,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const url = options.authorityUrl ?? process.env.BATON_AUTHORITY_URL ?? ''
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new BatonError('BAD_REQUEST', `"${url}" is no address of an authentication node`, {
      remedy: 'give --authority-url https://…, or set BATON_AUTHORITY_URL',
    })
  }
  const text = readToken(options.token ?? process.env.BATON_OPERATOR_TOKEN_FILE ?? '')
  const token = peekStatement('operatorToken', text)
  if (!token.ok) throw new BatonError('UNAUTHENTICATED', `the file is no operator token: ${token.why}`)
  const client = new AuthorityClient({ url, network: token.payload.network, token: text })
  try {
    return await work({ client, operator: token.payload })
  } finally {
    await client.close()
  }
}

function readToken(file: string): string {
  const remedy = 'give --token FILE, or set BATON_OPERATOR_TOKEN_FILE; the owner makes one with `baton operator create`'
  if (file === '') throw new BatonError('UNAUTHENTICATED', 'no operator token is given', { remedy })
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new BatonError('UNAUTHENTICATED', `the operator token ${file} cannot be read: ${reasonOf(error)}`, { remedy })
  }
}
