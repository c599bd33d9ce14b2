import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { encodeCanonical } from '@baton/shared/codec/cbor'
import { generateKeyPair } from '@baton/shared/crypto/keys'
import type { Claim } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { NetworkId, Version } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { RegistryView } from '@baton/shared/protocol/control'
import { encodePeer } from '@baton/shared/protocol/peer-codec'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Signer, signPut } from '../../node-runtime/src/client/sign.ts'
import { waitFor } from '../../node-runtime/src/demo/wait.ts'
import { readKeyFile } from '../../node-runtime/src/identity/key-file.ts'
import { foreignIdentity, Impostor, identityOf } from '../support/e2e-impostor.ts'
import { acknowledgedHeight, NOTHING_WRONG, SteadyLoad } from '../support/e2e-load.ts'
import { E2eNetwork } from '../support/e2e-network.ts'
import { peerMessage } from '../support/peer-arbitraries.ts'
import { knock, UPGRADE } from '../unit/adapters/peer-links/wrong-sides.ts'

let network: E2eNetwork
beforeAll(async () => {
  network = await E2eNetwork.start({ clusters: [2, 2], preset: 'wan' })
})
afterAll(() => network?.stop())

/** Whatever was sent: nothing has ended, nobody has switched, and the network takes transactions through every node. */
afterEach(async () => {
  await network.whole()
  const heights: number[] = []
  for (const { files } of network.nodes) heights.push(await acknowledgedHeight(network, [files.node]))
  expect(heights).toEqual(heights.toSorted((a, b) => a - b))
  expect(await network.clusters()).toMatchObject([
    { master: 'c1-n1', epoch: 1 },
    { master: 'c2-n1', epoch: 1 },
  ])
})

function portOf(name: string): number {
  return Number(network.node(name).files.peerAddress.split(':')[1])
}

async function answerTo(url: string, init: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(url, init)
  return { status: response.status, ...((await response.json()) as object) }
}

describe('a client that sends nonsense gets a coded error that says what to do', () => {
  type Body = (signer: Signer) => Promise<Uint8Array>
  const put = { key: 'bad-input', value: 'x' }
  const wrong: [string, number, string, RegExp, Body][] = [
    ['noise', 400, 'TRANSACTION_MALFORMED', /sign it again/i, async () => randomBytes(200)],
    [
      'a signature of other bytes',
      400,
      'TRANSACTION_SIGNATURE',
      /sign the exact bytes/i,
      async (signer) => {
        const { bytes } = await signPut(signer, put)
        bytes[bytes.length - 1]! ^= 1
        return bytes
      },
    ],
    [
      'the id of another network',
      400,
      'TRANSACTION_NETWORK',
      /sign it for this network/i,
      async (signer) => (await signPut({ ...signer, network: 'elsewhere' as NetworkId }, put)).bytes,
    ],
    ['too many bytes', 413, 'BODY_TOO_LARGE', /store|smaller/, async () => randomBytes(LIMITS.transactionBytes + 1)],
    ['a body without end', 413, 'BODY_TOO_LARGE', /smaller/, async () => randomBytes(2 * LIMITS.transactionBytes)],
  ]

  for (const [what, status, error, remedy, body] of wrong) {
    test(`[API2, API3] ${what}: ${error}, from the master and from a node that forwards`, async () => {
      const signer = { network: network.files.genesis.network, pair: await generateKeyPair() }
      for (const name of ['c1-n1', 'c1-n2']) {
        const { apiAddress } = network.node(name).files
        const init = { method: 'POST', headers: { 'content-type': 'application/cbor' }, body: await body(signer) }
        expect(await answerTo(`http://${apiAddress}/v1/transactions`, init as RequestInit), name).toMatchObject({
          status,
          error,
          message: expect.stringMatching(/./),
          remedy: expect.stringMatching(remedy),
        })
      }
    })
  }

  test('[API2] an unknown route: NOT_FOUND with the known ones, from a node and from the control plane', async () => {
    const { apiAddress } = network.node('c1-n1').files
    expect(await answerTo(`http://${apiAddress}/v1/nothing`, {})).toMatchObject({
      status: 404,
      error: 'NOT_FOUND',
      remedy: expect.stringContaining('/v1/transactions'),
    })
    expect(await answerTo(`${network.authorityUrl}/v1/nothing`, {})).toMatchObject({
      status: 404,
      error: 'NOT_FOUND',
      remedy: expect.stringContaining('/openapi.json'),
    })
  })
})

describe('the control plane refuses a claim', () => {
  const clusterUrl = () => `${network.authorityUrl}/v1/networks/e2e/clusters/c1`
  async function registry(): Promise<RegistryView> {
    return ((await (await fetch(clusterUrl())).json()) as { state: RegistryView }).state
  }
  /** A claim of the standby, as good as it can be, but for what `changes` says. */
  async function claim(changes: Partial<Claim>, keyOf = 'c1-n2') {
    const before = await registry()
    const { node, certificateFile } = network.node('c1-n2').files
    const statement = await signStatement(
      'claim',
      {
        network: before.network,
        cluster: before.cluster,
        generation: before.generation,
        epoch: (before.epoch + 1) as Claim['epoch'],
        version: before.version,
        node,
        nonce: randomBytes(16).toString('base64url'),
        evidence: { kind: 'silence', forMs: 60_000 },
        durableIndex: Number.MAX_SAFE_INTEGER as Claim['durableIndex'],
        coming: null,
        ...changes,
      },
      (await readKeyFile(network.node(keyOf).files.keyFile)).privateKey,
    )
    const certificate = readFileSync(certificateFile, 'utf8').trim()
    const answer = await answerTo(`${clusterUrl()}/claims`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ statement, certificate }),
    })
    expect(await registry()).toEqual(before)
    return { before, answer }
  }

  test('[RG1] of a stale version: STALE_VERSION with the recorded state', async () => {
    const { version } = await registry()
    const { answer, before } = await claim({ version: (version - 1) as Version })
    expect(answer).toMatchObject({
      status: 409,
      error: 'STALE_VERSION',
      message: expect.stringContaining(`recorded is ${version}`),
      remedy: expect.stringMatching(/ask again against its version/),
      state: before,
    })
  })

  test('[RG3] while the master is heard: MASTER_ALIVE, whatever the evidence says', async () => {
    const { answer } = await claim({})
    expect(answer).toMatchObject({ status: 409, error: 'MASTER_ALIVE', remedy: expect.stringMatching(/retryAfterMs/) })
  })

  test('[ID2, RG2] signed by another node: STATEMENT_INVALID', async () => {
    const { answer } = await claim({}, 'c2-n2')
    expect(answer).toMatchObject({
      status: 400,
      error: 'STATEMENT_INVALID',
      remedy: expect.stringMatching(/signed by/),
    })
  })
})

describe('a stranger at the peer port of a running node', () => {
  const refusals = (name: string) => network.events(name).filter(({ event }) => event === 'link-refused')

  test.each([
    ['without a certificate', 'no-certificate', async () => ({})],
    [
      'certified by nobody who owns a cluster',
      'not-signed-by-owner',
      () => foreignIdentity(network, network.node('c1-n1').files),
    ],
  ] as const)('[ID5] %s is refused before the upgrade, and the log says why', async (_, reason, identity) => {
    const known = refusals('c2-n1').length
    expect(await knock(portOf('c2-n1'), await identity())).toMatch(
      new RegExp(`^HTTP/1.1 403 Forbidden\r\nx-baton-refused: ${reason}\r\n`),
    )
    const logged = await waitFor('the log line', 5_000, () => refusals('c2-n1')[known])
    expect(logged).toMatchObject({ reason, by: 'us', msg: expect.stringMatching(/is refused by us: ./) })
  })

  test('[ID5] with noise instead of TLS is dropped', async () => {
    const socket = connect(portOf('c1-n1'), '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = once(socket, 'close')
    socket.write(randomBytes(4_096))
    socket.resume()
    await closed
  })
})

describe('an authenticated peer that sends garbage', () => {
  /** Replayable: printed with a failure. */
  const seed = 20_260_731
  const FRAMES = 300
  const MALFORMED = 'baton_rejected_inputs_total{code="PEER_MALFORMED"}'
  const BROKEN_LINKS = 'baton_peer_links_closed_total{reason="protocol"}'

  test('[GU2, NW3] noise, altered, repeated and well-formed nonsense: all refused, nobody stops', async () => {
    const pids = network.nodes.map(({ pid }) => pid)
    const load = await SteadyLoad.start(network, { perSecond: 30 })
    await load.more(30)
    await network.node('c1-n2').kill()
    const impostor = await Impostor.inPlaceOf(network, 'c1-n2')
    try {
      for (const frame of [...garbage(), ...fc.sample(peerMessage, { seed, numRuns: FRAMES }).map(encodePeer)]) {
        impostor.broadcast(frame)
      }
      await impostor.drained()
      await waitFor('frames of the others', 10_000, () => impostor.received.length > 50)
      for (const frame of altered(impostor.received)) impostor.broadcast(frame)
      await impostor.drained()
      for (const name of ['c1-n1', 'c2-n1', 'c2-n2']) {
        await waitFor(`${name} to have refused it`, 20_000, async () => (await metric(name, MALFORMED)) >= FRAMES)
      }
      await load.more(60)
    } finally {
      await impostor.stop()
    }
    // What breaks the framing itself costs the link, nothing else.
    const tls = await identityOf(network, network.node('c1-n2').files)
    await knock(portOf('c2-n1'), tls, `${UPGRADE}${'\xff'.repeat(64)}`)
    await waitFor('the link to go', 10_000, async () => (await metric('c2-n1', BROKEN_LINKS)) > 0)

    network.start('c1-n2')
    await network.whole()
    expect(await load.judge(), `seed ${seed}`).toMatchObject(NOTHING_WRONG)
    expect(load.failures).toEqual([])
    expect(network.nodes.map(({ pid, files }) => files.node === 'c1-n2' || pids.includes(pid))).not.toContain(false)
  })

  /** Noise, and canonical CBOR that is no message. */
  function garbage(): Uint8Array[] {
    const sizes = Array.from({ length: FRAMES }, (_, index) => Math.floor(1.03 ** index))
    return sizes.flatMap((size) => [
      new Uint8Array(randomBytes(size)),
      encodeCanonical([size % 20, 'x'.repeat(size % 97), [size, null]]),
    ])
  }

  /** Real frames of the running nodes, sent back as they are and with a byte changed. */
  function altered(frames: readonly Uint8Array[]): Uint8Array[] {
    return frames.flatMap((frame, index) => {
      const changed = frame.slice()
      changed[(index * 31) % changed.length]! ^= 1 << (index % 8)
      return [frame, changed]
    })
  }

  async function metric(name: string, series: string): Promise<number> {
    const metrics = await (await fetch(`http://${network.node(name).files.apiAddress}/metrics`)).text()
    const line = metrics.split('\n').find((text) => text.startsWith(`${series} `))
    return Number(line?.slice(series.length) ?? 0)
  }
})
