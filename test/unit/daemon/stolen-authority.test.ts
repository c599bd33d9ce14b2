/** ID4: with the authority's key in their hands thieves sign what they like. No peer accepts a node of theirs, and no block comes of it. */
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { voteSignBytes } from '@baton/shared/codec/vote'
import { buildProposal } from '@baton/shared/core/ledger/build-proposal'
import { genesisChain } from '@baton/shared/core/ledger/chain'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import type { Block, CommitCertificate } from '@baton/shared/core/ledger/types'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { KeyPair } from '@baton/shared/crypto/keys'
import { verifyNotice } from '@baton/shared/crypto/notices'
import { verifyOperatorToken } from '@baton/shared/crypto/operator-token'
import type { Credential, Mastership, NodeCertificate } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import { genesisHash } from '@baton/shared/genesis-schema'
import type { ClusterId, Height, Jws, NodeId, Round, UnixMs } from '@baton/shared/ids'
import { expect, onTestFinished, test } from 'vitest'
import { ed25519Verifier } from '../../../node-runtime/src/adapters/verifier.ts'
import { BlockVerifier } from '../../../node-runtime/src/daemon/block-verifier.ts'
import { Credentials } from '../../../node-runtime/src/daemon/credentials.ts'
import { NodeNotices } from '../../../node-runtime/src/daemon/node-notices.ts'
import { verifyRecorded } from '../../../node-runtime/src/daemon/verify-recorded.ts'
import { checkPeerCertificate } from '../../../node-runtime/src/identity/check-peer.ts'
import { createX509 } from '../../../node-runtime/src/identity/x509-create.ts'
import {
  AUTHORITY,
  C1,
  C1A,
  C1B,
  C2,
  C2A,
  fixedKeyPair,
  GENESIS,
  NETWORK,
  NODE,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'

const NOW = PAYLOADS.certificate.issuedAt
/** Of the thief's own node. */
const THIEF = await fixedKeyPair(40)
const NODE_C2 = await fixedKeyPair(41)

const certified = (change: Partial<NodeCertificate>, by: KeyPair) =>
  signStatement('certificate', { ...PAYLOADS.certificate, ...change }, by.privateKey)

/** The grant is as good as any: it is signed with the right key. */
async function credentialOf(cluster: ClusterId, node: NodeId, certificate: Promise<Jws>): Promise<Credential> {
  const grant = { ...PAYLOADS.grant, cluster, node, syncSet: [node] }
  return { grant: await signStatement('grant', grant, AUTHORITY.privateKey), certificate: await certificate }
}

const credentials = () => new Credentials(GENESIS)

async function masterOf(credential: Credential): Promise<Mastership> {
  const verified = await credentials().verify(credential)
  if (!verified.ok) throw new Error(verified.why)
  return verified.value.mastership
}

const [FIRST, SECOND] = [
  await masterOf(await credentialOf(C1, C1A, certified({}, OWNER_C1))),
  await masterOf(await credentialOf(C2, C2A, certified({ cluster: C2, node: C2A, key: NODE_C2.publicKey }, OWNER_C2))),
]
const KEYS = new Map([
  [FIRST.key, NODE],
  [SECOND.key, NODE_C2],
])

const joined = async (key: KeyPair) => {
  const token = await signStatement('joinToken', PAYLOADS.joinToken, AUTHORITY.privateKey)
  return certified({ token, key: key.publicKey }, await fixedKeyPair(6))
}

async function renewedAlone(): Promise<Jws> {
  const certificate = await certified({ renewUntil: (NOW + 1e12) as UnixMs }, OWNER_C1)
  const renewal = await signStatement('renewal', { ...PAYLOADS.renewal, certificate }, AUTHORITY.privateKey)
  return signStatement('renewedCertificate', { ...PAYLOADS.renewedCertificate, renewal }, AUTHORITY.privateKey)
}

const FOREIGN: readonly (readonly [string, string, () => Promise<Jws>])[] = [
  ['a certificate', 'CERTIFICATE_INVALID', () => certified({ key: THIEF.publicKey }, AUTHORITY)],
  ['a certificate that names no key of its own', 'CERTIFICATE_INVALID', () => certified({}, AUTHORITY)],
  ['a join token', 'TOKEN_INVALID', () => joined(THIEF)],
  ['a renewal for a node that has not asked', 'CERTIFICATE_INVALID', renewedAlone],
]

test.each(FOREIGN)(
  '[ID4] %s of the authority admits nobody: no link, no mastership, no member',
  async (_, code, make) => {
    const jws = await make()

    const shown = new X509Certificate(await createX509(THIEF, jws)).raw
    const link = await checkPeerCertificate(shown, GENESIS, NOW)
    expect(link).toMatchObject({ ok: false, reason: expect.stringMatching(/^(not-signed-by-owner|key-mismatch)$/) })
    expect(await credentials().certificate(jws)).toMatchObject({ ok: false, code })
    const credential = await credentialOf(C1, C1A, Promise.resolve(jws))
    expect(await credentials().verify(credential)).toMatchObject({ ok: false, code })
  },
)

test('[ID4, ID7, ID8] nor does the authority revoke, make operators, or speak for a master', async () => {
  const { privateKey } = AUTHORITY
  const revocation = await signStatement('revocation', PAYLOADS.revocation, privateKey)
  expect(await verifyNotice(GENESIS, revocation)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
  const dataFolder = mkdtempSync(join(tmpdir(), 'baton-stolen-'))
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }))
  const taken: unknown[] = []
  const notices = new NodeNotices({ genesis: GENESIS, dataFolder, onTaken: (notice) => taken.push(notice) })
  const keys = await signStatement('authorityKeys', PAYLOADS.authorityKeys, privateKey)
  const refusal = expect.objectContaining({ code: 'STATEMENT_INVALID' })
  expect(await notices.take([revocation, keys])).toEqual({
    fresh: [],
    refused: [revocation, keys].map((statement) => ({ statement, refusal })),
  })
  expect(taken).toEqual([])
  const operator = await signStatement('operatorToken', PAYLOADS.operatorToken, privateKey)
  expect(await verifyOperatorToken(GENESIS, C1, operator, NOW)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
  const reshape = await signStatement('reshape', { ...PAYLOADS.reshape, syncSet: [C1A, C1B] }, privateKey)
  expect(await verifyRecorded(GENESIS, FIRST, reshape, [C1A, C1B])).toMatchObject({ code: 'STATEMENT_INVALID' })
})

const CLUSTERS = [C1, C2]
const application = new RecordsAndTransfers(GENESIS)
const chain = genesisChain(sha256, {
  network: NETWORK,
  genesis: genesisHash(sha256, GENESIS),
  clusters: CLUSTERS,
  application,
  buckets: 16,
})

function blockOf(masterships: readonly Mastership[]): Block {
  const reader = { transaction: () => null }
  const input = { proposer: C1, time: NOW, transactions: [], masterships, lastCommit: null }
  return buildProposal(chain, input, { hash: sha256, reader }).block
}

async function decidedBy(block: Block, voters: readonly Mastership[], keyOf: (voter: Mastership) => KeyPair) {
  const height = 1 as Height
  const votes = voters.map(async (voter) => {
    const { cluster, generation, epoch } = voter
    const vote = {
      cluster,
      generation,
      epoch,
      height,
      round: 0 as Round,
      type: 'precommit',
      block: block.hash,
    } as const
    const signature = await signEd25519(keyOf(voter).privateKey as never, voteSignBytes(NETWORK, vote))
    return { cluster, generation, epoch, signature }
  })
  const certificate: CommitCertificate = {
    height,
    round: 0 as Round,
    block: block.hash,
    votes: await Promise.all(votes),
    credentials: [],
  }
  const verifier = new BlockVerifier({
    network: NETWORK,
    hash: sha256,
    verifier: ed25519Verifier(),
    credentials: credentials(),
    isLogged: () => false,
    verifiedTransaction: () => undefined,
  })
  return verifier.decided(block, certificate, chain.tokens)
}

test('[ID4] no block comes of it: a certificate counts votes of keys that the owners have certified, and of no other', async () => {
  const real = [FIRST, SECOND]
  const sound = blockOf(real)
  expect(await decidedBy(sound, real, ({ key }) => KEYS.get(key)!)).toMatchObject({ ok: true })

  // The real masters, the thief's signatures.
  for (const keys of [AUTHORITY, THIEF]) {
    expect(await decidedBy(sound, real, () => keys)).toMatchObject({ ok: false, code: 'PEER_SIGNATURE' })
  }
  // One vote is real: of two clusters more than two thirds are both.
  expect(await decidedBy(sound, [FIRST], () => NODE)).toMatchObject({ ok: false, code: 'PEER_SIGNATURE' })

  // Masters of the thief's own, granted the highest tokens, certified by the authority.
  const own = await Promise.all(
    CLUSTERS.map(async (cluster, at): Promise<Mastership> => {
      const node = `${cluster}-thief` as NodeId
      const certificate = certified({ cluster, node, key: THIEF.publicKey }, AUTHORITY)
      return { ...real[at]!, node, key: THIEF.publicKey, credential: await credentialOf(cluster, node, certificate) }
    }),
  )
  expect(await decidedBy(blockOf(own), own, () => THIEF)).toMatchObject({ ok: false, code: 'CERTIFICATE_INVALID' })
  const mixed = [FIRST, own[1]!]
  const signers = ({ key }: Mastership) => (key === THIEF.publicKey ? THIEF : NODE)
  expect(await decidedBy(blockOf(mixed), mixed, signers)).toMatchObject({ ok: false, code: 'CERTIFICATE_INVALID' })
})
