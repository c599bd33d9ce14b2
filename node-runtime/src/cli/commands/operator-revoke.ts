/** `baton operator revoke`: takes back an operator token, by its id (ID7, ID8). */

import { BatonError } from '@baton/shared/errors'
import * as id from '@baton/shared/id-schemas'
import type { OwnerNoticeOptions } from './owner-notice.ts'
import { revoke } from './revoke.ts'

/** @throws BatonError BAD_REQUEST when that is no id, and what `revoke` throws */
export async function operatorRevoke(operator: string, options: OwnerNoticeOptions): Promise<void> {
  if (!id.nonce.safeParse(operator).success) throw new BatonError('BAD_REQUEST', `"${operator}" is no id of a token`)
  await revoke(options, async () => ({ kind: 'operator', operator }))
}
