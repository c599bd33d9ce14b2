/** The chain as this node has it on disk, or as genesis begins it. */
import type { Application } from '@baton/shared/core/ledger/application'
import { genesisChain } from '@baton/shared/core/ledger/chain'
import { loadChain } from '@baton/shared/core/ledger/stored-chain'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { genesisHash } from '@baton/shared/genesis-schema'
import type { NodeStore } from '@baton/shared/ports/node-store'
import type { NodeConfig } from '../config/types.ts'
import { checkGenesis } from './check-genesis.ts'

/** @throws BatonError when the store is of another network, or cannot be read */
export function openChain(config: NodeConfig, application: Application, store: NodeStore) {
  const { genesis } = config
  const origin = {
    network: genesis.network,
    genesis: genesisHash(sha256, genesis),
    clusters: genesis.clusters.map(({ cluster }) => cluster),
    application,
  }
  const genesisState = genesisChain(sha256, origin)
  checkGenesis(sha256, genesisState.tip.hash, store, config)
  const chain = store.tip() === 0 ? genesisState : loadChain(sha256, origin, store)
  return { origin, genesisState, chain }
}
