/** Revocations (ID8): what an owner takes back. */
import { randomBytes } from 'node:crypto'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { genesisOf } from './genesis-option.ts'
import { checkNoticeOptions, type OwnerNoticeOptions, sayAsOwner } from './owner-notice.ts'

/** @throws BatonError */
export async function revoke(
  options: OwnerNoticeOptions,
  subjectOf: (genesis: Genesis) => Promise<Revocation['subject']>,
): Promise<void> {
  checkNoticeOptions(options)
  const genesis = genesisOf(options.genesis)
  const payload: Revocation = {
    network: genesis.network,
    cluster: options.cluster as ClusterId,
    id: toBase64Url(randomBytes(12)),
    subject: await subjectOf(genesis),
    reason: options.reason,
    at: Date.now() as UnixMs,
  }
  await sayAsOwner(genesis, { kind: 'revocation', payload }, `revocation ${payload.id}`, options)
}
