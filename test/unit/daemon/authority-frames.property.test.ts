/**
 * Frames of the authority, spoilt at random, by whoever holds its key: through the real bridge into the real machine of a node. Nothing throws, what
 * does not read is refused with a code, and a node that is told nonsense goes on.
 */
import type { NodeInput } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Credential } from '@baton/shared/crypto/statement-types'
import { isErrorCode } from '@baton/shared/errors'
import type { Jws } from '@baton/shared/ids'
import type { ControlLink, ControlReply } from '@baton/shared/ports/control-link'
import { CONTROL_PROTOCOL, type FromAuthority, type RegistryView } from '@baton/shared/protocol/control'
import { fromAuthoritySchema, parseFromAuthority } from '@baton/shared/protocol/control-schemas'
import { failure, success } from '@baton/shared/result'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refusal } from '../../../node-runtime/src/adapters/control-link/http-answer.ts'
import { AuthorityBridge, type AuthorityBridgePorts } from '../../../node-runtime/src/daemon/authority-bridge.ts'
import type { Credentials } from '../../../node-runtime/src/daemon/credentials.ts'
import { NODE, OPAQUE_JWS, PAYLOADS } from '../../support/fixed-network.ts'
import { times } from '../../support/long.ts'
import { mutateText, mutateTree, mutations } from '../../support/mutations.ts'
import type { Host } from '../../support/world/host.ts'
import { settledWorld, submitsUntilAcknowledged } from '../../support/world/settled.ts'
import { openCredential } from '../../support/world/statements.ts'

const world = settledWorld()
submitsUntilAcknowledged(world, 2)
world.run(500)

type Frames = { readonly [T in FromAuthority['t']]: (view: RegistryView) => Extract<FromAuthority, { t: T }> }

const REFUSED = { code: 'STALE_VERSION', why: 'the registry has moved', retryAfterMs: 20 }

/** As the authority of the node would say them. */
const FRAMES: Frames = {
  challenge: () => ({ t: 'challenge', challenge: 'x', protocol: CONTROL_PROTOCOL }),
  welcome: (state) => ({ t: 'welcome', state, masters: OPAQUE_JWS, graceMs: 100 }),
  state: (state) => ({ t: 'state', state }),
  reply: (state) => ({ t: 'reply', request: 1, ok: false, ...REFUSED, state }),
  sessionClosed: ({ master }) => ({ t: 'sessionClosed', node: master }),
  masters: () => ({ t: 'masters', table: OPAQUE_JWS }),
  heard: ({ version }) => ({ t: 'heard', report: 1, version }),
  refused: () => ({ t: 'refused', code: 'CERTIFICATE_EXPIRED', why: 'it has expired' }),
  ask: ({ master }) => ({
    t: 'ask',
    request: 1,
    ask: { kind: 'order', order: { id: 'o1', node: master, cause: 'threshold', why: 'wrong results' }, bars: true },
  }),
  foreignSilence: () => ({ t: 'foreignSilence', reporters: 2, clusters: 4, silentForMs: 900 }),
  notices: () => ({ t: 'notices', notices: [OPAQUE_JWS] }),
}
const KINDS = Object.keys(FRAMES) as FromAuthority['t'][]

/** The statements of the world are keyed hashes. */
async function verify(credential: Credential) {
  try {
    const grant = openCredential(credential)
    return grant === null ? failure('STATEMENT_INVALID', 'not of this world') : success(grant)
  } catch {
    return failure('STATEMENT_INVALID', 'not even JSON')
  }
}

/** What a node makes of one frame. `errors`: what its bridge had not foreseen. */
async function told(frame: FromAuthority) {
  const inputs: NodeInput[] = []
  const errors: unknown[] = []
  const note = (fields: { readonly event?: unknown }) =>
    void (fields.event === 'authority-bridge' && errors.push(fields))
  const bridge = new AuthorityBridge({
    genesis: world.genesis,
    privateKey: NODE.privateKey,
    credentials: { verify, verifyAll: async () => success([]) } as unknown as Credentials,
    enqueue: (input) => inputs.push(input),
    shown: () => ({ credential: null, reshape: null }),
    linked: () => {},
    relay: async () => null,
    log: { debug: note, info: note, warn: note, error: note } as unknown as AuthorityBridgePorts['log'],
    notices: () => [],
    onNotices: async () => {},
    onMembers: async () => {},
    // `ask` and `foreignSilence` are for members: they reach them in `arbiter/edge-frames.property.test.ts`.
    members: null,
  })
  const answer = (reply: ControlReply) =>
    bridge.attach({ request: async () => reply, send: () => true } as unknown as ControlLink)
  switch (frame.t) {
    case 'welcome':
      bridge.onUp({ ...frame, challenge: 'x', protocol: CONTROL_PROTOCOL.max })
      break
    case 'state':
      bridge.onState(frame.state)
      break
    case 'reply':
      answer(frame.ok ? { ok: true, state: frame.state } : refusal(frame.code, frame.why, frame))
      await bridge.claim(1, PAYLOADS.claim)
      await bridge.confirm({ generation: 0, epoch: 1 } as never)
      break
    case 'sessionClosed':
      bridge.onSessionClosed(frame.node)
      break
    case 'masters':
      bridge.onMasters(frame.table)
      break
    case 'heard':
      bridge.onHeard({ report: frame.report, version: frame.version, sentAt: world.now })
      break
    case 'refused':
      bridge.onRefused(frame.code, frame.why)
      break
    case 'notices':
      bridge.onNotices(frame.notices as readonly Jws[])
      break
    case 'challenge':
      break
  }
  await new Promise((resolve) => setTimeout(resolve, 0))
  return { inputs, errors }
}

function stepped(host: Host, input: NodeInput) {
  const { application } = world
  return nodeStep(host.state, input, {
    now: host.clock.now(),
    hash: sha256,
    log: host.store,
    chain: host.store,
    application,
  })
}

test('every frame of the authority has a sample here', () => {
  const kinds = fromAuthoritySchema.options.flatMap((option) =>
    'options' in option ? option.options.map((one) => one.shape.t.value) : [option.shape.t.value],
  )
  expect(new Set(kinds)).toEqual(new Set(KINDS))
})

test.each(KINDS)(
  '[ID4] the frame %s of a lying authority: what is spoilt throws nothing, and is refused with a code',
  async (t) => {
    const place = fc.record({ node: fc.constantFrom('c1-n1', 'c1-n2', 'c1-n3'), deep: fc.boolean() })
    const property = fc.asyncProperty(place, mutations, async ({ node, deep }, changes) => {
      const host = world.host(node)
      const sound = FRAMES[t](world.authorities.get(host.cluster)!.view()!)
      const text = deep
        ? (JSON.stringify(mutateTree(sound, changes)) ?? '')
        : mutateText(JSON.stringify(sound), changes)
      const frame = parseFromAuthority(text)
      if (!frame.ok) {
        expect(['PEER_MALFORMED', 'BODY_TOO_LARGE']).toContain(frame.code)
        return
      }
      const { inputs, errors } = await told(frame.value)
      expect(errors).toEqual([])
      for (const input of inputs) {
        const { rejected, write } = stepped(host, input)
        if (rejected === undefined) continue
        expect(isErrorCode(rejected.code)).toBe(true)
        expect(rejected.code).not.toBe('INTERNAL')
        expect(write, `${rejected.code}: ${rejected.why}`).toEqual([])
      }
    })
    await fc.assert(property, { numRuns: times(1_500, 80) })
  },
)

test('[ID4] a cluster that is told nonsense by its authority stops none of its processes', async () => {
  const frames = fc.sample(fc.tuple(fc.constantFrom(...KINDS), mutations), { numRuns: times(3_000, 300), seed: 11 })
  const hosts = world.nodesOf('c1')
  for (const [at, [t, changes]] of frames.entries()) {
    const host = hosts[at % hosts.length]!
    const sound = FRAMES[t](host.state.election.view ?? world.authorities.get(host.cluster)!.view()!)
    const frame = parseFromAuthority(JSON.stringify(mutateTree(sound, changes)) ?? '')
    if (!frame.ok) continue
    for (const input of (await told(frame.value)).inputs) host.feed(input)
    if (at % 10 === 0) world.run(5)
  }
  world.run(500)
  for (const { alive, node } of world.hosts.values()) expect(alive, node).toBe(true)
  submitsUntilAcknowledged(world, 1)
})
