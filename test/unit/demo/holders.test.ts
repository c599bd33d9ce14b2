import { voteSignBytes } from '@baton/shared/codec/vote'
import type { GrantVote } from '@baton/shared/crypto/majority-grant'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Genesis } from '@baton/shared/genesis'
import type { Height, Jws, NodeId, Round } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { nodeSigner } from '../../../node-runtime/src/adapters/signer.ts'
import { voteVerifier } from '../../../node-runtime/src/demo/checker/holders.ts'
import { AUTHORITY, C1, C1A, C1B, HASH_A, NETWORK, NODE, OWNER_C1, PAYLOADS } from '../../support/fixed-network.ts'
import { C1C, C1D, C1E, OF_FIVE, signedBy } from '../../support/majority-members.ts'

const GENESIS = OF_FIVE as unknown as Genesis
const { grantVote, certificate, grant } = PAYLOADS
const { generation, epoch } = grantVote

/** Of the node that the grant names. */
async function voteOfMaster() {
  const said = { cluster: C1, generation, epoch, height: 9 as Height, round: 0 as Round, type: 'precommit' as const }
  const signature = nodeSigner(NODE).sign(voteSignBytes(NETWORK, { ...said, block: HASH_A }))
  return { ...said, block: HASH_A, signature: Buffer.from(signature).toString('base64url'), from: C1B }
}

async function judged(text: Jws): Promise<boolean | null> {
  const master = { ...certificate, node: grantVote.node, key: NODE.publicKey }
  const credential = { grant: text, certificate: await signStatement('certificate', master, OWNER_C1.privateKey) }
  return voteVerifier(GENESIS, [credential])((await voteOfMaster()) as never)
}

const byMembers = (nodes: readonly NodeId[], change: Partial<GrantVote> = {}) => signedBy(nodes, change)

test('[MJ1] the checker takes a grant that a majority of the members has signed, by its own reading', async () => {
  expect(await judged(await byMembers([C1A, C1C, C1E]))).toBe(true)
})

test('[MJ1] two of five, a repeated signature, or the authority alone show no holder', async () => {
  expect(await judged(await byMembers([C1A, C1C]))).toBeNull()
  const three = await byMembers([C1A, C1C, C1D])
  const end = three.lastIndexOf('.')
  const [first] = JSON.parse(Buffer.from(three.slice(end + 1), 'base64url').toString()) as unknown[]
  const repeated = Buffer.from(JSON.stringify([first, first, first])).toString('base64url')
  expect(await judged(`${three.slice(0, end)}.${repeated}` as Jws)).toBeNull()
  const alone = await signStatement('grant', { ...grant, node: grantVote.node }, AUTHORITY.privateKey)
  expect(await judged(alone)).toBeNull()
})
