/** A transaction proven from genesis alone: real keys, certificates and blocks; the answer as it travels over HTTP. */
import { encodeHeader } from '@baton/shared/codec/block-header'
import { encodeCertificate } from '@baton/shared/codec/certificate'
import { decodeSigned, encodeTransaction, joinSignature } from '@baton/shared/codec/transaction'
import { voteSignBytes } from '@baton/shared/codec/vote'
import { buildProposal } from '@baton/shared/core/ledger/build-proposal'
import { type ChainState, genesisChain } from '@baton/shared/core/ledger/chain'
import { executeBlock } from '@baton/shared/core/ledger/execute-block'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import { proveTransaction } from '@baton/shared/core/ledger/transaction-proof'
import type { Block, CommitCertificate, SignedTransaction } from '@baton/shared/core/ledger/types'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Mastership } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import { genesisHash } from '@baton/shared/genesis-schema'
import type { ClusterId, Epoch, Generation, Hash, NodeId, Round, UnixMs, Version } from '@baton/shared/ids'
import { beforeAll, expect, test } from 'vitest'
import { stringify } from '../../../node-runtime/src/api/answer.ts'
import { renderTransaction } from '../../../node-runtime/src/api/render.ts'
import { verifyProof } from '../../../node-runtime/src/client/proof.ts'
import { AUTHORITY, fixedKeyPair, LAN, NETWORK, OUTSIDER } from '../../support/fixed-network.ts'
import { MemoryStore } from '../../support/memory-store.ts'

const CLUSTERS = ['c1', 'c2', 'c3', 'c4'] as ClusterId[]
const ownerOf = (cluster: ClusterId) => fixedKeyPair(50 + CLUSTERS.indexOf(cluster))
const keyOf = (cluster: ClusterId, epoch: number) => fixedKeyPair(60 + 10 * CLUSTERS.indexOf(cluster) + epoch)

let genesis: Genesis
let chain: ChainState
let lastCommit: CommitCertificate | null = null
const store = new MemoryStore()
const transactions: SignedTransaction[] = []

async function master(cluster: ClusterId, epoch: number): Promise<Mastership> {
  const holder = { network: NETWORK, cluster, node: `${cluster}-${epoch}` as NodeId }
  const token = { generation: 0 as Generation, epoch: epoch as Epoch }
  const more = { syncSet: [holder.node], recovering: false, coming: null, nonce: 'n', issuedAt: 0 as UnixMs }
  const grant = { ...holder, ...token, version: epoch as Version, ...more }
  const validity = { issuedAt: 0 as UnixMs, expiresAt: 4_102_444_800_000 as UnixMs }
  const certificate = { ...holder, key: (await keyOf(cluster, epoch)).publicKey, site: 'x' as never, ...validity }
  const verified = await verifyCredential(genesis, {
    grant: await signStatement('grant', grant, AUTHORITY.privateKey),
    certificate: await signStatement('certificate', certificate, (await ownerOf(cluster)).privateKey),
  })
  if (!verified.ok) throw new Error(verified.why)
  return verified.value
}

async function certificateOf(block: Block, voters: readonly Mastership[]): Promise<CommitCertificate> {
  const { height } = block.header
  const votes = voters.map(async ({ cluster, generation, epoch }) => {
    const vote = {
      cluster,
      generation,
      epoch,
      height,
      round: 0 as Round,
      type: 'precommit',
      block: block.hash,
    } as const
    const { privateKey } = await keyOf(cluster, epoch)
    return { cluster, generation, epoch, signature: await signEd25519(privateKey, voteSignBytes(NETWORK, vote)) }
  })
  return { height, round: 0 as Round, block: block.hash, votes: await Promise.all(votes), credentials: [] }
}

async function decide(masterships: readonly Mastership[], voters: readonly Mastership[]): Promise<void> {
  const { pair, index } = { pair: OUTSIDER, index: transactions.length }
  const action = { kind: 'put', key: `k${index}`, value: 'v' } as const
  const unsigned = encodeTransaction({ network: NETWORK, sender: pair.publicKey, nonce: `n${index}`, action })
  const signed = decodeSigned(sha256, joinSignature(unsigned, await signEd25519(pair.privateKey, unsigned)))
  if (!signed.ok) throw new Error(signed.why)
  transactions.push(signed.value)
  const application = new RecordsAndTransfers(genesis)
  const context = { hash: sha256, reader: store, application }
  const input = { proposer: CLUSTERS[0]!, time: 1_000, transactions: [signed.value], masterships, lastCommit }
  const proposal = buildProposal(chain, input, context)
  lastCommit = await certificateOf(proposal.block, voters)
  const executed = executeBlock(chain, { ...proposal, certificate: encodeCertificate(lastCommit) }, context)
  store.apply(executed.writes)
  store.commit()
  chain = executed.chain
}

beforeAll(async () => {
  const clusters = CLUSTERS.map(async (cluster) => {
    return { cluster, ownerKeys: [(await ownerOf(cluster)).publicKey], founder: `${cluster}-1` as NodeId, policy: LAN }
  })
  genesis = {
    format: 'baton-genesis/1',
    network: NETWORK,
    createdAt: '2026-01-01T00:00:00Z',
    authorityKeys: [AUTHORITY.publicKey],
    application: 'records-and-transfers',
    heartbeatBlockMs: 10_000,
    clusters: await Promise.all(clusters),
  }
  const application = new RecordsAndTransfers(genesis)
  const origin = {
    network: NETWORK,
    genesis: genesisHash(sha256, genesis),
    clusters: CLUSTERS,
    application,
    buckets: 16,
  }
  chain = genesisChain(sha256, origin)
  const first = await Promise.all(CLUSTERS.map((cluster) => master(cluster, 1)))
  const switched = [await master(CLUSTERS[0]!, 2), ...first.slice(1)]
  await decide(first, first.slice(0, 3))
  await decide(first, first)
  await decide(switched, switched.slice(0, 3))
  await decide(switched, switched.slice(1))
})

// biome-ignore lint/suspicious/noExplicitAny: what travels is changed at will
type Answer = any
const answerOf = (number: number): Answer => {
  const proven = proveTransaction(sha256, store, chain.genesisResult, transactions[number]!.id)
  return JSON.parse(stringify(renderTransaction(proven!)))
}
const verify = (number: number, answer: Answer, by = genesis) => verifyProof(by, transactions[number]!.id, answer)

test('[API5, NW3] a transaction is proven by its block’s certificate and its receipt by the next one, before and after a switch', async () => {
  for (const number of [0, 1, 2]) {
    const { id, bytes } = transactions[number]!
    const height = number + 1
    expect(await verify(number, answerOf(number))).toEqual({
      id,
      height,
      index: 0,
      block: store.block(height as never)!.hash,
      bytes,
      receipt: expect.objectContaining({ id, height, ok: true }),
    })
  }
  // At the tip nobody has certified the result yet.
  expect(await verify(3, answerOf(3))).toMatchObject({ height: 4, receipt: null })
})

test('[API5] nothing else proves it', async () => {
  const [answer, other] = [answerOf(1), answerOf(2)]
  const { evidence, proof } = answer
  const first = await Promise.all(CLUSTERS.map((cluster) => master(cluster, 1)))
  const block = {
    hash: sha256(Buffer.from(evidence.block.header, 'base64url')),
    header: { height: 2 },
  } as unknown as Block
  const certificate = async (
    voters: readonly Mastership[],
    change: (one: CommitCertificate) => object = () => ({}),
  ) => {
    const made = await certificateOf(block, voters)
    const encoded = encodeCertificate({ ...made, ...change(made) })
    return {
      ...answer,
      evidence: { ...evidence, block: { ...evidence.block, certificate: Buffer.from(encoded).toString('base64url') } },
    }
  }
  expect(await verify(1, await certificate(first))).toMatchObject({ height: 2 })
  const wrongVote = (one: CommitCertificate) => ({
    votes: one.votes.map((vote) => ({ ...vote, signature: new Uint8Array(64).fill(3) })),
  })
  const altered = (of: Answer) => {
    const header = encodeHeader({ ...answer.block.header, time: 7 })
    return {
      ...answer,
      evidence: { next: null, block: { ...of.block, header: Buffer.from(header).toString('base64url') } },
    }
  }
  const wrong: Readonly<Record<string, Answer>> = {
    'is none': {},
    'the transaction of another block': other,
    'no history': { ...answer, evidence: null },
    'too few votes': await certificate(first.slice(0, 2)),
    'one cluster twice': await certificate([first[0]!, first[0]!, first[1]!]),
    'signatures that are none': await certificate(first, wrongVote),
    'masters that came later': {
      ...answer,
      evidence: { ...evidence, block: { ...evidence.block, credentials: other.evidence.block.credentials } },
    },
    'no credentials': { ...answer, evidence: { ...evidence, block: { ...evidence.block, credentials: [] } } },
    'another block': { ...answer, evidence: { ...evidence, block: other.evidence.block } },
    'a header that nobody voted for': altered(evidence),
    'a next block that does not follow': { ...answer, evidence: { ...evidence, next: other.evidence.next } },
    'another receipt': { ...answer, receiptBytes: other.receiptBytes },
    'another place': { ...answer, proof: { ...proof, transaction: { ...proof.transaction, size: 2 } } },
    'other parts': { ...answer, proof: { ...proof, parts: other.proof.parts } },
  }
  for (const [what, changed] of Object.entries(wrong)) {
    await expect(verify(1, changed), what).rejects.toMatchObject({ code: 'PROOF_INVALID' })
  }
  const others = { ...genesis, authorityKeys: [OUTSIDER.publicKey] }
  await expect(verify(1, answer, others)).rejects.toMatchObject({ code: 'PROOF_INVALID' })
  await expect(verifyProof(genesis, '0'.repeat(64) as Hash, answer)).rejects.toMatchObject({ code: 'PROOF_INVALID' })
})
