/** What peers bring as grants, through the real inbox: a token order that looks right is no proof of anything (NW1, ID1, ID6). */
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { Credential, Grant, NodeCertificate } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Epoch, Generation, NetworkId } from '@baton/shared/ids'
import { PEER_PROTOCOL } from '@baton/shared/protocol/peer'
import { encodePeer } from '@baton/shared/protocol/peer-codec'
import { expect, test } from 'vitest'
import { Credentials } from '../../../node-runtime/src/daemon/credentials.ts'
import { PeerInbox, type PeerInboxPorts } from '../../../node-runtime/src/daemon/peer-inbox.ts'
import {
  AUTHORITY,
  C1A,
  C1B,
  C2A,
  GENESIS,
  NODE,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'
import { forge, SMALL_ORDER_KEY } from '../../support/forge.ts'

const HIGH = { generation: 7 as Generation, epoch: 900 as Epoch }
const grantOf = (change: Partial<Grant> = {}, by: KeyPair = AUTHORITY) =>
  signStatement('grant', { ...PAYLOADS.grant, ...HIGH, ...change }, by.privateKey)
const certificateOf = (change: Partial<NodeCertificate> = {}, by: KeyPair = OWNER_C1) =>
  signStatement('certificate', { ...PAYLOADS.certificate, ...change }, by.privateKey)

async function credential(grant = grantOf(), certificate = certificateOf()): Promise<Credential> {
  return { grant: await grant, certificate: await certificate }
}

/** What the node hears of it, and the codes of what was refused, when a peer sends this in a greeting and by itself. */
async function brought(credentials: readonly Credential[]) {
  const heard: unknown[] = []
  const refused: string[] = []
  const inbox = new PeerInbox({
    enqueue: (input) => heard.push(input),
    hash: sha256,
    credentials: new Credentials(GENESIS),
    onHello: () => {},
    refused: (_, code) => refused.push(code),
  } as Partial<PeerInboxPorts> as PeerInboxPorts)
  const told = { genesis: 'aa'.repeat(32) as never, protocol: PEER_PROTOCOL, apiAddress: '', program: '' }
  inbox.receive(C2A, encodePeer({ t: 'hello', ...told, credentials }), PEER_PROTOCOL.max)
  inbox.receive(C2A, encodePeer({ t: 'inform', credentials }), PEER_PROTOCOL.max)
  await expect.poll(() => refused.length + heard.length).toBe(2)
  return { heard, refused }
}

test('[NW1] one that verifies is heard of', async () => {
  const { heard, refused } = await brought([await credential()])
  expect(refused).toEqual([])
  expect(heard[0]).toMatchObject({ i: 'granted', from: C2A, grants: [{ mastership: { ...HIGH, node: C1A } }] })
})

test.each<[string, string, () => Promise<Credential>]>([
  ['signed under an unknown key', 'STATEMENT_INVALID', () => credential(grantOf({}, OUTSIDER))],
  ['signed by the owner of the cluster', 'STATEMENT_INVALID', () => credential(grantOf({}, OWNER_C1))],
  ['signed by its own node', 'STATEMENT_INVALID', () => credential(grantOf({}, NODE))],
  ['of another network', 'STATEMENT_INVALID', () => credential(grantOf({ network: 'other' as NetworkId }))],
  [
    'of a cluster that genesis does not have',
    'STATEMENT_INVALID',
    () => credential(grantOf({ cluster: 'c9' as ClusterId })),
  ],
  ['that is a certificate', 'STATEMENT_INVALID', () => credential(certificateOf())],
  [
    'of a node certified by a foreign owner',
    'CERTIFICATE_INVALID',
    () => credential(grantOf(), certificateOf({}, OWNER_C2)),
  ],
  ['beside the certificate of another node', 'CERTIFICATE_INVALID', () => credential(grantOf({ node: C1B }))],
  [
    'of a node with a key of small order',
    'CERTIFICATE_INVALID',
    () => credential(grantOf(), forge('certificate', { ...PAYLOADS.certificate, key: SMALL_ORDER_KEY }, OWNER_C1)),
  ],
])(
  '[NW1, ID1, ID6] a grant of a high token %s is refused with a code, and the node hears of none beside it',
  async (_, code, make) => {
    const sound = await credential()
    const { heard, refused } = await brought([sound, await make()])
    expect({ heard, refused }).toEqual({ heard: [], refused: [code, code] })
  },
)
