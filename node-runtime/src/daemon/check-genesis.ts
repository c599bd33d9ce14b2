/** A data folder belongs to one genesis: its first block follows that document's hash. */
import { decodeStoredBlock } from '@baton/shared/codec/block'
import type { HashFunction } from '@baton/shared/core/step'
import { BatonError } from '@baton/shared/errors'
import type { Hash, Height } from '@baton/shared/ids'
import type { NodeStore } from '@baton/shared/ports/node-store'

const FIRST = 1 as Height

/** @throws BatonError GENESIS_INVALID when the stored chain began with another genesis document */
export function checkGenesis(
  hash: HashFunction,
  genesisBlock: Hash,
  store: Pick<NodeStore, 'block'>,
  files: { readonly genesisFile: string; readonly dataFolder: string },
): void {
  const stored = store.block(FIRST)
  if (stored === null) return
  const first = decodeStoredBlock(hash, stored.bytes)
  // What cannot be read is damage, and `loadChain` says so.
  if (!first.ok || first.value.header.previous === genesisBlock) return
  const { genesisFile, dataFolder } = files
  throw new BatonError('GENESIS_INVALID', `the chain in ${dataFolder} did not begin with ${genesisFile}`, {
    remedy: `copy the network's genesis.json to ${genesisFile} again, or give this node a data folder of its own`,
    details: { genesisFile, dataFolder },
  })
}
