/**
 * What the ledger costs one node per transaction, on one core, without signatures, disk and network:
 * `node test/bench/ledger-cost.ts [--json]`.
 */
import { decodeBlock } from '@baton/shared/codec/block'
import { encodeCertificate } from '@baton/shared/codec/certificate'
import { decodeSigned, encodeSigned } from '@baton/shared/codec/transaction'
import { buildProposal } from '@baton/shared/core/ledger/build-proposal'
import { type ChainState, genesisChain } from '@baton/shared/core/ledger/chain'
import { lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { executeBlock } from '@baton/shared/core/ledger/execute-block'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import type { Action, Block, CommitCertificate, SignedTransaction } from '@baton/shared/core/ledger/types'
import { validateBlock } from '@baton/shared/core/ledger/validate-block'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Epoch, Generation, Jws, NetworkId, NodeId, PublicKey, Round } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import { MemoryStore } from '../support/memory-store.ts'

const NETWORK = 'bench' as NetworkId
const CLUSTERS = ['c1', 'c2', 'c3', 'c4'] as ClusterId[]
const OWNER = toBase64Url(new Uint8Array(32).fill(1)) as PublicKey
const ACCOUNTS = Array.from({ length: 200 }, (_, n) => toBase64Url(new Uint8Array(32).fill(n + 2)) as PublicKey)
const TRANSACTIONS = 20_000
const application = new RecordsAndTransfers({ clusters: [{ ownerKeys: [OWNER] } as never] })

const MASTERS = CLUSTERS.map((cluster): Mastership => {
  const token = { generation: 0 as Generation, epoch: 1 as Epoch }
  const credential = { grant: `g.g.${cluster}` as Jws, certificate: `c.c.${cluster}` as Jws }
  return { cluster, ...token, node: `${cluster}-a` as NodeId, key: OWNER, recovering: false, credential }
})

function commit({ hash, header }: Block): CommitCertificate {
  const votes = MASTERS.map(({ cluster, generation, epoch }) => {
    return { cluster, generation, epoch, signature: new Uint8Array(64) }
  })
  return { height: header.height, round: 0 as Round, block: hash, votes, credentials: [] }
}

type Phase = 'propose' | 'decodeBlock' | 'openTransactions' | 'validate' | 'execute' | 'store'
type Row = { readonly workload: string; readonly blockSize: number; readonly bytes: number } & Record<Phase, number>

function encode(sender: PublicKey, action: Action, nonce: number): SignedTransaction {
  const bytes = encodeSigned({ network: NETWORK, sender, nonce: String(nonce), action }, new Uint8Array(64).fill(7))
  return value(decodeSigned(sha256, bytes))
}

const WORKLOADS: Record<string, (n: number) => SignedTransaction> = {
  // New records of about 256 B, as the demo writes them.
  records: (n) => encode(OWNER, { kind: 'put', key: `invoice/${n}`, value: 'v'.repeat(80) }, n),
  transfers: (n) => {
    const sender = n % ACCOUNTS.length
    const sequence = Math.floor(n / ACCOUNTS.length)
    const to = ACCOUNTS[(sender + 7) % ACCOUNTS.length]!
    return encode(ACCOUNTS[sender]!, { kind: 'transfer', to, amount: 1, sequence }, n)
  },
}

function run(workload: string, blockSize: number): Row {
  const transactions = Array.from({ length: TRANSACTIONS }, (_, n) => WORKLOADS[workload]!(n))
  const bytes = transactions[0]!.bytes.length
  const store = new MemoryStore()
  const context = { hash: sha256, reader: store, application }
  const spent: Record<Phase, number> = {
    propose: 0,
    decodeBlock: 0,
    openTransactions: 0,
    validate: 0,
    execute: 0,
    store: 0,
  }
  let chain: ChainState = genesisChain(sha256, { network: NETWORK, genesis: sha256(), clusters: CLUSTERS, application })
  let lastCommit: CommitCertificate | null = null

  const timed = <T>(phase: Phase, work: () => T): T => {
    const start = cpuMicroseconds()
    const done = work()
    spent[phase] += cpuMicroseconds() - start
    return done
  }
  const step = (batch: readonly SignedTransaction[]) => {
    const input = { proposer: CLUSTERS[0]!, time: 0, transactions: batch, masterships: MASTERS, lastCommit }
    const proposal = timed('propose', () => buildProposal(chain, input, context))
    const block = timed('decodeBlock', () => value(decodeBlock(sha256, proposal.block.bytes)))
    const opened = timed('openTransactions', () => value(openTransactions(sha256, block.transactions)))
    const verified = {
      block,
      transactions: opened,
      masterships: proposal.masterships,
      certificateVerified: true,
      mastershipOf: lookupIn(),
    }
    const judged = timed('validate', () => validateBlock(chain, verified, context))
    if (!judged.ok) throw new Error(judged.why)
    lastCommit = commit(block)
    const certificate = encodeCertificate(lastCommit)
    const executed = timed('execute', () => executeBlock(chain, { ...verified, certificate }, context))
    timed('store', () => {
      store.apply(executed.writes)
      store.commit()
    })
    chain = executed.chain
  }
  step(ACCOUNTS.map((to, n) => encode(OWNER, { kind: 'mint', to, amount: 1_000_000 }, -1 - n)))
  for (const phase of Object.keys(spent) as Phase[]) spent[phase] = 0
  for (let at = 0; at < TRANSACTIONS; at += blockSize) step(transactions.slice(at, at + blockSize))
  const perTransaction = Object.entries(spent).map(([phase, spentUs]) => [phase, round(spentUs / TRANSACTIONS)])
  return { workload, blockSize, bytes, ...(Object.fromEntries(perTransaction) as Record<Phase, number>) }
}

/** Of this thread, so that other processes on the machine do not count. */
function cpuMicroseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.why)
  return result.value
}

function round(microseconds: number): number {
  return Math.round(microseconds * 10) / 10
}

run('records', 1_000)
const rows = Object.keys(WORKLOADS).flatMap((workload) => [100, 1_000].map((blockSize) => run(workload, blockSize)))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`)
else {
  process.stdout.write('CPU µs per transaction; the store is in memory\n')
  console.table(
    rows.map((row) => ({ ...row, decodeAndExecute: round(row.decodeBlock + row.openTransactions + row.execute) })),
  )
}
