/** The file that commands with a new owner key need: `--owner-changes` (ID1). */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { peekNotice } from '@baton/shared/crypto/notices'
import { endOfOwnerKey } from '@baton/shared/crypto/owner-keys'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId } from '@baton/shared/ids'
import { reasonOf } from '../config/genesis-file.ts'
import type { IdentityClient } from './identity-client.ts'
import { askNotices } from './known-notices.ts'

/** As the authority has recorded it: all rotations of the cluster, one a line. @throws BatonError STORAGE_FAILED, UNREACHABLE */
export async function keepRecorded(
  out: string,
  genesis: Genesis,
  client: IdentityClient,
  cluster: ClusterId,
): Promise<string> {
  const file = resolve(out)
  const { trust, statements } = await askNotices(client, genesis)
  const lines = statements.filter((statement) => {
    const read = peekNotice(statement)
    return (
      read.ok && read.value.kind === 'ownerRotation' && endOfOwnerKey(trust, cluster, read.value.payload.from) !== null
    )
  })
  try {
    const known = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
    const fresh = lines.filter((line) => !known.includes(line))
    if (fresh.length > 0) appendFileSync(file, `${fresh.join('\n')}\n`)
  } catch (error) {
    throw new BatonError('STORAGE_FAILED', `${file} cannot be written: ${reasonOf(error)}`, {
      remedy: 'the rotation is recorded: run the same command again with another --out',
      cause: error,
    })
  }
  return file
}
