/** A network of four clusters as the ledger sees it: verified facts only, so signatures and credentials are any bytes. */

import { encodeCertificate } from '@baton/shared/codec/certificate'
import { decodeSigned, encodeSigned } from '@baton/shared/codec/transaction'
import type { Application } from '@baton/shared/core/ledger/application'
import { buildProposal } from '@baton/shared/core/ledger/build-proposal'
import { type ChainState, genesisChain } from '@baton/shared/core/ledger/chain'
import { lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { type ExecutedBlock, executeBlock } from '@baton/shared/core/ledger/execute-block'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import { loadChain } from '@baton/shared/core/ledger/stored-chain'
import type { Action, CommitCertificate, SignedTransaction } from '@baton/shared/core/ledger/types'
import type { VerifiedBlock } from '@baton/shared/core/ledger/validate-block'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import type {
  ClusterId,
  Epoch,
  Generation,
  Hash,
  Height,
  Jws,
  NetworkId,
  NodeId,
  PublicKey,
  Round,
} from '@baton/shared/ids'
import { MemoryDisk, MemoryStore } from '../../support/memory-store.ts'

export const NETWORK = 'receivables' as NetworkId
export const CLUSTERS = ['c1', 'c2', 'c3', 'c4'] as ClusterId[]
export const GENESIS_HASH = 'ab'.repeat(32) as Hash
export const BUCKETS = 16

export function publicKey(number: number): PublicKey {
  return toBase64Url(new Uint8Array(32).fill(number)) as PublicKey
}
export const OWNER = publicKey(1)
export const ALICE = publicKey(2)
export const BOB = publicKey(3)
export const CAROL = publicKey(4)

export const APPLICATION = new RecordsAndTransfers({
  clusters: CLUSTERS.map((cluster) => ({
    cluster,
    ownerKeys: [OWNER],
    founder: `${cluster}-a` as NodeId,
    policy: {
      heartbeatMs: 50,
      suspectAfterMs: 500,
      masterTtlMs: 1_000,
      ...POLICY_DEFAULTS,
      startupGraceMs: 2_000,
      durability: 'preferred',
      syncReplicas: 1,
    },
  })),
})
export const ORIGIN = {
  network: NETWORK,
  genesis: GENESIS_HASH,
  clusters: CLUSTERS,
  application: APPLICATION,
  buckets: BUCKETS,
}

let nonces = 0
/** A signed transaction; its signature is any bytes, as its verification is not the ledger's. */
export function signed(
  sender: PublicKey,
  action: Action,
  nonce = `n${nonces++}`,
  network = NETWORK,
): SignedTransaction {
  const decoded = decodeSigned(sha256, encodeSigned({ network, sender, nonce, action }, new Uint8Array(64).fill(7)))
  if (!decoded.ok) throw new Error(decoded.why)
  return decoded.value
}

export function mastership(cluster: string, epoch = 1, recovering = false): Mastership {
  return {
    cluster: cluster as ClusterId,
    generation: 0 as Generation,
    epoch: epoch as Epoch,
    node: `${cluster}-${epoch}` as NodeId,
    key: publicKey(100 + epoch),
    recovering,
    credential: { grant: `g.${cluster}.${epoch}` as Jws, certificate: `c.${cluster}.${epoch}` as Jws },
  }
}
export const FIRST_MASTERS = CLUSTERS.map((cluster) => mastership(cluster))

export function certificateFor(
  block: { readonly hash: Hash; readonly header: { readonly height: Height } },
  masters: readonly Mastership[] = FIRST_MASTERS.slice(0, 3),
): CommitCertificate {
  return {
    height: block.header.height,
    round: 0 as Round,
    block: block.hash,
    votes: masters.map(({ cluster, generation, epoch }) => {
      return { cluster, generation, epoch, signature: new Uint8Array(64).fill(9) }
    }),
    credentials: [],
  }
}

/** One node's chain over a store in memory. */
export class Ledger {
  readonly disk = new MemoryDisk()
  readonly store = new MemoryStore(this.disk)
  chain: ChainState
  masters: readonly Mastership[] = FIRST_MASTERS
  lastCommit: CommitCertificate | null = null
  readonly application: Application

  constructor(application: Application = APPLICATION, buckets = BUCKETS) {
    this.application = application
    this.chain = genesisChain(sha256, { ...ORIGIN, application, buckets })
  }

  get context() {
    return { hash: sha256, reader: this.store, application: this.application }
  }

  propose(transactions: readonly SignedTransaction[], time = 1_000): VerifiedBlock {
    const input = { proposer: CLUSTERS[0]!, time, transactions, masterships: this.masters, lastCommit: this.lastCommit }
    const proposal = buildProposal(this.chain, input, this.context)
    return { ...proposal, certificateVerified: true, mastershipOf: lookupIn(this.masters) }
  }

  execute(verified: Pick<VerifiedBlock, 'block' | 'transactions' | 'masterships'>): ExecutedBlock {
    const certificate = certificateFor(verified.block)
    const executed = executeBlock(
      this.chain,
      { ...verified, certificate: encodeCertificate(certificate) },
      this.context,
    )
    this.store.apply(executed.writes)
    this.store.commit()
    this.chain = executed.chain
    this.lastCommit = certificate
    return executed
  }

  /** Proposes and executes. */
  run(...transactions: SignedTransaction[]): ExecutedBlock {
    return this.execute(this.propose(transactions))
  }

  /** What another process finds on the disk. */
  reloaded(): ChainState {
    const origin = { ...ORIGIN, application: this.application, buckets: this.chain.tree.buckets }
    return loadChain(sha256, origin, new MemoryStore(this.disk))
  }

  /** A block that no honest proposer builds: a repetition of executed transactions, decided all the same. */
  blockOf(transactions: readonly SignedTransaction[]): VerifiedBlock {
    const reader = { transaction: () => null }
    const input = {
      proposer: CLUSTERS[0]!,
      time: 1_000,
      transactions,
      masterships: this.masters,
      lastCommit: this.lastCommit,
    }
    const proposal = buildProposal(this.chain, input, { hash: sha256, reader })
    return { ...proposal, certificateVerified: true, mastershipOf: lookupIn(this.masters) }
  }
}

export function put(key: string, value: string, ifVersion?: number): Action {
  return ifVersion === undefined ? { kind: 'put', key, value } : { kind: 'put', key, value, ifVersion }
}
export function mint(to: PublicKey, amount: number): Action {
  return { kind: 'mint', to, amount }
}
export function transfer(to: PublicKey, amount: number, sequence: number): Action {
  return { kind: 'transfer', to, amount, sequence }
}
export function replaceMinter(to: PublicKey): Action {
  return { kind: 'replace-minter', to }
}
