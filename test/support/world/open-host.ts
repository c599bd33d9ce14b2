/** A node as its process finds it on its disk. */
import type { Application } from '@baton/shared/core/ledger/application'
import { genesisChain } from '@baton/shared/core/ledger/chain'
import { loadChain } from '@baton/shared/core/ledger/stored-chain'
import { openNode } from '@baton/shared/core/node/open'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Genesis } from '@baton/shared/genesis'
import type { MemoryStore } from '../memory-store.ts'
import type { Host } from './host.ts'
import { coreConfigOf, originOf } from './network.ts'

/** @throws BatonError STORAGE_DAMAGED */
export function openHost(
  genesis: Genesis,
  application: Application,
  host: Host,
  store: MemoryStore,
  hosts: Iterable<Host>,
): NodeState {
  const origin = originOf(genesis, application)
  const chain = store.tip() === 0 ? genesisChain(sha256, origin) : loadChain(sha256, origin, store)
  return openNode(coreConfigOf(genesis, host, hosts), store.load(), chain, sha256, host.clock.now())
}
