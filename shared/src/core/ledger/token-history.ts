/** The token tables of the past (NW3): what the certificates of old blocks are checked with by somebody who has no chain. */
import { encodeCanonical } from '../../codec/cbor.ts'
import type { Credential } from '../../crypto/statement-types.ts'
import type { Height } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { ChainReader, LedgerWrite } from '../../ports/node-store.ts'
import { SYSTEM_PREFIX } from './block-state.ts'
import { storedField } from './stored-field.ts'
import { byName, type TokenTable } from './tokens.ts'

/** Height of the last block that changed the table. */
const CHANGED_KEY = `${SYSTEM_PREFIX}tokens-changed`

type Reader = Pick<ChainReader, 'stateValue'>

/** For a block that changed the table: one row per switch, each naming the one before. */
export function writeTokenHistory(table: TokenTable, height: Height, reader: Reader): readonly LedgerWrite[] {
  const credentials = [...table.masterships.values()]
    .sort((a, b) => byName(a.cluster, b.cluster))
    .map(({ credential }) => [credential.grant, credential.certificate])
  return [
    { w: 'state', key: historyKey(height), value: encodeCanonical([changedAt(reader), credentials]) },
    { w: 'state', key: CHANGED_KEY, value: encodeCanonical([height]) },
  ]
}

/** The credentials behind the table after the block of this height, sorted by cluster; null when the store did not keep them. */
export function credentialsAt(reader: Reader, height: Height): readonly Credential[] | null {
  let at = changedAt(reader)
  while (at > 0) {
    const row = storedField(reader.stateValue(historyKey(at)), (fields) => ({
      before: fields.height(),
      credentials: fields.list(LIMITS.clusters, (item) => item.array((pair) => pair.credential())),
    }))
    if (row === null || row.before >= at) return null
    if (at <= height) return row.credentials
    at = row.before
  }
  return null
}

function changedAt(reader: Reader): Height {
  return storedField(reader.stateValue(CHANGED_KEY), (fields) => fields.height()) ?? (0 as Height)
}

function historyKey(height: Height): string {
  return `${SYSTEM_PREFIX}tokens/${height}`
}
