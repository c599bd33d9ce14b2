/**
 * Real frames of a running network, spoilt at random, from an authenticated peer: through the real inbox into the real machine of a node. Nothing
 * throws, what does not read or verify is refused with a code, and a message that the machine refuses writes nothing.
 */
import type { NodeInput } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { type ErrorCode, isErrorCode } from '@baton/shared/errors'
import type { NodeId } from '@baton/shared/ids'
import type { Verifier } from '@baton/shared/ports/signing'
import { PEER_PROTOCOL, type PeerMessage } from '@baton/shared/protocol/peer'
import { decodePeer } from '@baton/shared/protocol/peer-codec'
import { failure, success } from '@baton/shared/result'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { BlockVerifier } from '../../../node-runtime/src/daemon/block-verifier.ts'
import type { Credentials } from '../../../node-runtime/src/daemon/credentials.ts'
import { PeerInbox } from '../../../node-runtime/src/daemon/peer-inbox.ts'
import { times } from '../../support/long.ts'
import { mutations } from '../../support/mutations.ts'
import { PEER_SAMPLES } from '../../support/peer-samples.ts'
import { spoiltFrame } from '../../support/spoilt-frame.ts'
import { describeWorld, violations } from '../../support/world/checks.ts'
import type { Host } from '../../support/world/host.ts'
import { settledWorld, submitsUntilAcknowledged } from '../../support/world/settled.ts'
import type { Ed25519Signer } from '../../support/world/signatures.ts'
import { openCredential } from '../../support/world/statements.ts'

const TYPES = Object.keys(PEER_SAMPLES) as PeerMessage['t'][]

/** What the nodes of a network said while clusters switched, recovered and caught up: the newest few of each type. */
const heard = new Map<PeerMessage['t'], PeerMessage[]>(TYPES.map((t) => [t, [PEER_SAMPLES[t]]]))

const world = settledWorld({
  ed25519: true,
  tamper: (_host, _to, message) => {
    const known = heard.get(message.t)!
    heard.set(message.t, [...known, message].slice(-4))
    return message
  },
})

beforeAll(() => {
  submitsUntilAcknowledged(world, 3)
  world.kill('c2-n3')
  world.masterOf('c1')!.feed({ i: 'resign', to: null, leaving: false })
  world.run(1_000)
  submitsUntilAcknowledged(world, 2)
  world.start('c2-n3')
  world.run(1_000)
})

const signer = world.signer as Ed25519Signer
const verifier: Verifier = {
  verify: ({ key, message, signature }) => signer.isSigned(key, message, signature),
  verifyAll: async (all) => all.map((signed) => verifier.verify(signed)),
}

function opened(credential: Credential) {
  try {
    return openCredential(credential)
  } catch {
    // Not even JSON.
    return null
  }
}

const verifyOne: Credentials['verify'] = async (credential) => {
  const grant = opened(credential)
  return grant === null ? failure('STATEMENT_INVALID', 'not of this world') : success(grant)
}
/** The statements of the world are keyed hashes; what they are verified with is the world's. */
const credentials = {
  verify: verifyOne,
  verifyAll: async (all: Parameters<Credentials['verifyAll']>[0]) => {
    const verified = await Promise.all(all.map((one) => verifyOne(one)))
    return verified.find(({ ok }) => !ok) ?? success(verified.flatMap((one) => (one.ok ? [one.value] : [])))
  },
} as unknown as Credentials

/** What a node makes of one frame: the inputs of its machine, and what was refused before. */
async function received(host: Host, from: NodeId, frame: Uint8Array) {
  const inputs: NodeInput[] = []
  const refused: ErrorCode[] = []
  let passed = 0
  const pass = () => void passed++
  const inbox = new PeerInbox({
    state: () => host.state,
    genesis: world.genesis,
    enqueue: (input) => inputs.push(input),
    hash: sha256,
    verifier: new BlockVerifier({
      network: world.genesis.network,
      hash: sha256,
      verifier,
      credentials,
      isLogged: (block) => (host.state.bodies.get(block)?.logged ?? null) !== null,
      verifiedTransaction: (id) => host.mempool.get(id),
    }),
    credentials,
    // What takes these for the node is reached in `peer-handlers.property.test.ts`, and `arbiter/member-frames.property.test.ts`.
    onTransactions: pass,
    onSubmit: pass,
    onRelay: pass,
    onArbiter: () => void pass(),
    onHello: pass,
    onRoster: async () => pass(),
    onVote: () => {},
    refused: (_, code) => refused.push(code),
  })
  inbox.receive(from, frame, PEER_PROTOCOL.max)
  await new Promise((resolve) => setImmediate(resolve))
  return { inputs, refused, passed }
}

function stepped(host: Host, input: NodeInput) {
  return nodeStep(host.state, input, {
    now: host.clock.now(),
    hash: sha256,
    log: host.store,
    chain: host.store,
    application: world.application,
  })
}

/** Its own name, that of the sender, and heights and tokens around the real ones come up by nudging what was really said. */
test.each(TYPES)(
  '[ID6] %s: what is spoilt throws nothing, is refused with a code, and writes nothing then',
  async (t) => {
    const samples = heard.get(t)!
    const place = fc.record({
      // A master, its standby, and a node of another cluster; each hears it from a foreign master, or from an ordinary node of its own.
      host: fc.constantFrom('c1-n2', 'c1-n1', 'c3-n1', 'c3-n3'),
      from: fc.constantFrom('foreign', 'own'),
      sample: fc.nat(),
      deep: fc.boolean(),
    })
    const property = fc.asyncProperty(place, mutations, async ({ host: name, from, sample, deep }, changes) => {
      const host = world.host(name)
      const sender = from === 'foreign' ? 'c2-n1' : host.cluster === 'c1' ? 'c1-n3' : 'c3-n2'
      const frame = spoiltFrame(samples[sample % samples.length]!, deep ? 'tree' : 'bytes', changes)
      const decoded = decodePeer(frame)
      const { inputs, refused } = await received(host, sender as NodeId, frame)
      if (!decoded.ok) expect({ inputs, refused }).toEqual({ inputs: [], refused: ['PEER_MALFORMED'] })
      for (const code of refused) {
        expect(isErrorCode(code), code).toBe(true)
        expect(code).not.toBe('INTERNAL')
      }
      for (const input of inputs) {
        const { rejected, write } = stepped(host, input)
        if (rejected === undefined) continue
        expect(isErrorCode(rejected.code)).toBe(true)
        expect(rejected.code).not.toBe('INTERNAL')
        expect(write, `${rejected.code}: ${rejected.why}`).toEqual([])
      }
    })
    await fc.assert(property, { numRuns: times(2_000, 150) })
  },
)

test('[NW1] a network that a traitor floods with spoilt frames goes on, and breaks no promise', async () => {
  const everything = [...heard.values()].flat()
  const frames = fc.sample(fc.tuple(fc.nat(), fc.boolean(), mutations), { numRuns: times(4_000, 400), seed: 7 })
  const targets = [...world.hosts.values()].filter(({ cluster }) => cluster !== 'c2')
  for (const [at, [pick, deep, changes]] of frames.entries()) {
    const host = targets[at % targets.length]!
    const frame = spoiltFrame(everything[pick % everything.length]!, deep ? 'tree' : 'bytes', changes)
    const { inputs } = await received(host, 'c2-n1' as NodeId, frame)
    for (const input of inputs) host.feed(input)
    if (at % 20 === 0) world.run(5)
  }
  world.run(1_000)
  submitsUntilAcknowledged(world, 2)
  expect(violations(world), describeWorld(world)).toEqual([])
  for (const { alive, node } of world.hosts.values()) expect(alive, node).toBe(true)
})
