/** A node in memory for tests of the HTTP API: every transaction is a block of its own. */
import { createHash } from 'node:crypto'
import { encodeCertificate } from '@baton/shared/codec/certificate'
import type { AnswerProof } from '@baton/shared/core/ledger/queries'
import type { Block, Receipt } from '@baton/shared/core/ledger/types'
import { BatonError } from '@baton/shared/errors'
import type { Hash, Height, NetworkId, Round } from '@baton/shared/ids'
import type {
  MastersAnswer,
  NodeService,
  NodeStatus,
  ProvenTransaction,
  Submitted,
} from '../../../node-runtime/src/api/node-service.ts'

export interface MemoryService extends NodeService {
  readonly submitted: Uint8Array[]
  /** Thrown by the next submits, in order; null lets one through. */
  readonly failures: (Error | null)[]
  role: NodeStatus['role']
  unhealthy: string | null
  /** What `/v1/masters` answers. */
  known: MastersAnswer
}

export function createMemoryService(node = 'c1-n1'): MemoryService {
  const chain: ProvenTransaction[] = []
  const idOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') as Hash
  const answer = ({ id, height, index, receipt }: ProvenTransaction): Submitted => ({ id, height, index, receipt })
  const find = (id: Hash) => chain.find((proven) => proven.id === id) ?? null

  const service: MemoryService = {
    submitted: [],
    failures: [],
    role: 'master',
    unhealthy: null,
    operators: null,
    known: { network: 'trade' as NetworkId, masters: [], nodes: [] },
    async submit(bytes) {
      service.submitted.push(bytes)
      const failure = service.failures.shift() ?? null
      if (failure !== null) throw failure
      if (bytes.length < 4) throw new BatonError('TRANSACTION_MALFORMED', 'too short to be a transaction')
      const known = find(idOf(bytes))
      if (known !== null) return answer(known)
      const proven = prove(idOf(bytes), bytes, chain.length + 1)
      chain.push(proven)
      return answer(proven)
    },
    master: () => ({ node, apiAddress: '127.0.0.1:7201' }) as ReturnType<NodeService['master']>,
    masters: () => service.known,
    transaction: find,
    block: (height) => (height === 'latest' ? chain.at(-1) : chain[height - 1]) ?? null,
    query(path) {
      if (!path.startsWith('record/')) throw new BatonError('BAD_REQUEST', `the application has no path ${path}`)
      const result = '0'.repeat(64) as Hash
      return {
        path,
        height: chain.length as Height,
        result,
        value: { text: 'x' },
        proof: { key: path, value: new Uint8Array([1, 2]) } as unknown as AnswerProof,
      }
    },
    status: () =>
      ({ node, cluster: 'c1', network: 'trade', role: service.role, height: chain.length }) as unknown as NodeStatus,
    health: () => ({
      healthy: service.unhealthy === null,
      reasons: service.unhealthy === null ? [] : [{ code: service.unhealthy, why: 'said the test' }],
    }),
    isMaster: () => service.role === 'master',
    isStandby: () => service.role === 'standby',
    metrics: async () => 'baton_height 3\n',
  }
  return service
}

function prove(id: Hash, bytes: Uint8Array, height: number): ProvenTransaction {
  const receipt: Receipt = { id, height: height as Height, index: 0, ok: true }
  const block = {
    hash: id,
    header: { height, proposer: 'c1' },
    transactions: [bytes],
    credentials: [],
  } as unknown as Block
  const certificate = encodeCertificate({
    height: height as Height,
    round: 0 as Round,
    block: id,
    votes: [],
    credentials: [],
  })
  const proof = {} as ProvenTransaction['proof']
  return {
    id,
    height: height as Height,
    index: 0,
    bytes,
    receipt,
    receiptBytes: bytes,
    proof,
    block,
    certificate,
    result: id,
    evidence: null,
  }
}
