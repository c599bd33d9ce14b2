/**
 * A process with one node, c1-b, that answers every frame with its wall-clock time. Prints its port; lives until it is
 * killed. Its owner's key is the fixed network's, so that tests in other processes accept it.
 */
import { exportPrivatePem, generateKeyPair } from '@baton/shared/crypto/keys'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Instant, NodeId, UnixMs } from '@baton/shared/ids'
import { peerLinks } from '../../../../node-runtime/src/adapters/peer-links.ts'
import { createX509 } from '../../../../node-runtime/src/identity/x509-create.ts'
import { C1, C1B, GENESIS, NETWORK, OWNER_C1, SITE_X } from '../../../support/fixed-network.ts'

const NOW = 1_770_000_000_000
const keys = await generateKeyPair()
const certificate = await signStatement(
  'certificate',
  {
    network: NETWORK,
    cluster: C1,
    node: C1B,
    key: keys.publicKey,
    site: SITE_X,
    issuedAt: (NOW - 1_000) as UnixMs,
    expiresAt: (NOW + 1_000) as UnixMs,
  },
  OWNER_C1.privateKey,
)
const links = peerLinks({
  self: C1B,
  genesis: GENESIS,
  tls: { key: await exportPrivatePem(keys), cert: await createX509(keys, certificate) },
  clock: { now: () => performance.now() as Instant, wallNow: () => NOW as UnixMs },
  listen: { host: '127.0.0.1', port: 0 },
  peers: new Map(),
  handler: {
    onOpen: () => {},
    onMessage: (from: NodeId) => void links.send(from, new TextEncoder().encode(String(Date.now()))),
    onClose: () => {},
    onRefused: () => {},
  },
})
await links.start()
process.stdout.write(`${links.port()}\n`)
// The parent's end of this pipe closes when it dies.
process.stdin.resume().once('end', () => process.exit())
