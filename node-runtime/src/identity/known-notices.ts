/** What owners have said since genesis, for commands: asked of the authentication node, read from a file, and kept for a node. */
import { mkdirSync } from 'node:fs'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { NoticeBook, type RefusedNotice } from '@baton/shared/crypto/notice-book'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { Jws } from '@baton/shared/ids'
import { NodeNotices } from '../daemon/node-notices.ts'
import type { IdentityClient } from './identity-client.ts'
import { readStatements } from './statements-file.ts'

export interface KnownNotices {
  readonly trust: Trust
  /** Those that verify, in an order in which each does. */
  readonly statements: readonly Jws[]
}

/** @throws BatonError UNREACHABLE */
export async function askNotices(client: Pick<IdentityClient, 'notices'>, genesis: Genesis): Promise<KnownNotices> {
  return believed(genesis, await client.notices())
}

/** Genesis with the owner keys of `--owner-changes`. @throws BatonError as `noticesIn` */
export async function ownersOf(genesis: Genesis, file: string | undefined): Promise<Trust> {
  return (await noticesIn(genesis, file)).trust
}

/**
 * What `--owner-changes` holds: what `baton owner rotate-key`, `baton owner changes` or `baton node replace-key` wrote. Not given: nothing.
 * @throws BatonError CONFIG_UNREADABLE, STATEMENT_INVALID
 */
export async function noticesIn(genesis: Genesis, file: string | undefined): Promise<KnownNotices> {
  if (file === undefined) return { trust: genesis, statements: [] }
  const lines = readStatements('--owner-changes', file)
  const known = await believed(genesis, lines)
  if (known.statements.length === new Set(lines).size) return known
  throw new BatonError('STATEMENT_INVALID', `--owner-changes ${file} holds a line that does not verify`, {
    remedy:
      'use what `baton owner changes`, `baton owner rotate-key` or `baton node replace-key` wrote, with the genesis document of the same network',
  })
}

/** On the disk of a node that does not run yet, so that it verifies its own certificate when it starts. @throws BatonError STORAGE_FAILED */
export async function keepNotices(
  genesis: Genesis,
  dataFolder: string,
  statements: readonly Jws[],
): Promise<{ readonly trust: Trust; readonly refused: readonly RefusedNotice[] }> {
  if (statements.length > 0) mkdirSync(dataFolder, { recursive: true })
  const notices = new NodeNotices({ genesis, dataFolder, onTaken: () => {} })
  const { refused } = await notices.take(statements)
  return { trust: notices.trust, refused }
}

async function believed(genesis: Genesis, lines: readonly Jws[]): Promise<KnownNotices> {
  const book = new NoticeBook(genesis)
  const { verified } = await book.verifyAll(lines, null)
  for (const { notice } of verified) book.add(notice)
  return { trust: book.trust, statements: verified.map(({ statement }) => statement) }
}
