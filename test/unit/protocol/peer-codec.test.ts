import { encodeCanonical } from '@baton/shared/codec/cbor'
import { toHex } from '@baton/shared/crypto/bytes'
import { LIMITS } from '@baton/shared/limits'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { PEER_PROTOCOL } from '@baton/shared/protocol/peer'
import { decodePeer, encodePeer, encodePeerAs, peerCodec } from '@baton/shared/protocol/peer-codec'
import { PEER_MESSAGES } from '@baton/shared/protocol/peer-messages-codec'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectGolden } from '../../support/golden.ts'
import { PEER_ARBITRARIES, peerMessage } from '../../support/peer-arbitraries.ts'
import { PEER_SAMPLES } from '../../support/peer-samples.ts'

const TYPES = Object.keys(PEER_SAMPLES) as PeerMessage['t'][]
const MALFORMED = { ok: false, code: 'PEER_MALFORMED' }
const fieldsOf = (type: PeerMessage['t']) => [
  PEER_MESSAGES[type].number,
  ...PEER_MESSAGES[type].write(PEER_SAMPLES[type] as never),
]

test('the frame of every message type is as stored', () => {
  expectGolden('peer-frames', Object.fromEntries(TYPES.map((type) => [type, toHex(encodePeer(PEER_SAMPLES[type]))])))
})

test.each<readonly [number, Partial<Record<PeerMessage['t'], object>>]>([
  [1, { hello: { program: '' } }],
  [2, {}],
  [3, {}],
  [4, {}],
])('[PV2] so is that of version %i, which reads back as it was but for what that version lacks', (version, lacking) => {
  const frames = TYPES.flatMap((type) => {
    const frame = encodePeerAs(version, PEER_SAMPLES[type])
    if (frame === null) return []
    expect(decodePeer(frame, version)).toEqual({ ok: true, message: { ...PEER_SAMPLES[type], ...lacking[type] } })
    return [[type, toHex(frame)] as const]
  })
  expectGolden(`peer-frames-${version}`, Object.fromEntries(frames))
})

test('[PV2] a frame of one version is none of another where they differ', () => {
  const [older, newer] = [encodePeerAs(1, PEER_SAMPLES.hello)!, encodePeer(PEER_SAMPLES.hello)]
  expect(decodePeer(newer, 1)).toMatchObject(MALFORMED)
  expect(decodePeer(older)).toMatchObject(MALFORMED)
  expect(() => decodePeer(older, PEER_PROTOCOL.max + 1)).toThrow('was never agreed')
})

test('[PV2] a message that an older version lacks is not sent in it, and is none there; what one leaves out, all below leave out', () => {
  const heartbeat = {
    ...PEER_MESSAGES.heartbeat,
    write: (m: typeof PEER_SAMPLES.heartbeat) => PEER_MESSAGES.heartbeat.write(m).slice(0, -1),
  }
  const codec = peerCodec({ min: 1, max: 3 }, PEER_MESSAGES, { 2: { wantBlock: null }, 1: { heartbeat } })
  const { wantBlock } = PEER_SAMPLES
  const frame = codec.encode(3, wantBlock)!
  expect(codec.decode(3, frame)).toEqual({ ok: true, message: wantBlock })
  for (const version of [1, 2]) {
    expect(codec.encode(version, wantBlock)).toBeNull()
    expect(codec.decode(version, frame)).toMatchObject(MALFORMED)
  }
  expect(codec.encode(2, PEER_SAMPLES.heartbeat)).toEqual(encodePeer(PEER_SAMPLES.heartbeat))
  expect(codec.encode(1, PEER_SAMPLES.heartbeat)).not.toEqual(encodePeer(PEER_SAMPLES.heartbeat))
})

test('no two message types share a number', () => {
  const numbers = TYPES.map((type) => PEER_MESSAGES[type].number)
  expect(new Set(numbers).size).toBe(TYPES.length)
})

describe.each(TYPES)('%s', (type) => {
  test('reads back as it was', () => {
    expect(decodePeer(encodePeer(PEER_SAMPLES[type]))).toEqual({ ok: true, message: PEER_SAMPLES[type] })
    fc.assert(
      fc.property(PEER_ARBITRARIES[type] as fc.Arbitrary<PeerMessage>, (message) => {
        expect(decodePeer(encodePeer(message))).toEqual({ ok: true, message })
      }),
    )
  })

  test('is refused with a field too few, a field too many, or any field of another kind', () => {
    const fields = fieldsOf(type)
    expect(decodePeer(encodeCanonical(fields.slice(0, -1)))).toMatchObject(MALFORMED)
    expect(decodePeer(encodeCanonical([...fields, 0]))).toMatchObject(MALFORMED)
    for (let at = 0; at < fields.length; at++) {
      // A map stands nowhere in a frame.
      expect(decodePeer(encodeCanonical(fields.with(at, { a: 1 }))), `field ${at}`).toMatchObject(MALFORMED)
    }
  })

  test('is refused with any byte changed into something that is no message, and never throws', () => {
    const frame = encodePeer(PEER_SAMPLES[type])
    for (let at = 0; at < frame.length; at++) {
      for (const value of [0x00, 0x1f, 0x7f, 0x9f, 0xff]) {
        const decoded = decodePeer(frame.with(at, value))
        // What is still a message is one in its only encoding.
        if (decoded.ok) expect(encodePeer(decoded.message)).toEqual(frame.with(at, value))
        else expect(decoded).toMatchObject(MALFORMED)
      }
    }
  })
})

test('[ID6] any bytes are a message in its one encoding, or refused', () => {
  const changed = fc
    .tuple(peerMessage.map(encodePeer), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([frame, changes, cut]) => {
      const bytes = Uint8Array.from(frame)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes
    })
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      const decoded = decodePeer(bytes)
      if (decoded.ok) expect(encodePeer(decoded.message)).toEqual(Uint8Array.from(bytes))
      else expect(decoded).toMatchObject(MALFORMED)
    }),
    { numRuns: 2_000 },
  )
})

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array()],
  ['no array', encodeCanonical('hello')],
  ['an empty array', encodeCanonical([])],
  ['a number that no message has', encodeCanonical([0])],
  ['arrays in arrays without end', new Uint8Array(1_000_000).fill(0x81)],
  ['a length of 2^53 items', Uint8Array.from([0x9b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['two messages in one frame', Uint8Array.from([...encodePeer(PEER_SAMPLES.vote), ...encodePeer(PEER_SAMPLES.vote)])],
  ['a frame above the limit', new Uint8Array(LIMITS.peerFrameBytes + 1)],
  ['broken UTF-8', Uint8Array.from(encodePeer(PEER_SAMPLES.preVoteAnswer)).fill(0xff, -3)],
])('refuses %s', (_, frame) => {
  expect(decodePeer(frame)).toMatchObject(MALFORMED)
})

test.each<[string, PeerMessage]>([
  ['a transaction', { ...PEER_SAMPLES.submit, transaction: new Uint8Array(LIMITS.transactionBytes + 1) }],
  ['a block', { ...PEER_SAMPLES.proposal, body: new Uint8Array(LIMITS.blockBytes + 1) }],
  [
    'a list of transactions',
    { ...PEER_SAMPLES.transactions, transactions: Array(LIMITS.blockTransactions + 1).fill(Uint8Array.of(1)) },
  ],
  ['an address', { ...PEER_SAMPLES.hello, apiAddress: 'a'.repeat(LIMITS.addressCharacters + 1) }],
  [
    'an array of credentials',
    { ...PEER_SAMPLES.inform, credentials: Array(65).fill(PEER_SAMPLES.inform.credentials[0]) },
  ],
])('refuses %s above its limit', (_, message) => {
  expect(decodePeer(encodePeer(message))).toMatchObject(MALFORMED)
})

test.each<[string, unknown]>([
  ['a negative height', { ...PEER_SAMPLES.wantHeight, height: -1 }],
  ['a negative epoch', { ...PEER_SAMPLES.preVote, token: { generation: 0, epoch: -1 } }],
  [
    'a valid round below -1',
    { ...PEER_SAMPLES.proposal, proposal: { ...PEER_SAMPLES.proposal.proposal, validRound: -2 } },
  ],
  ['a vote of no type', { ...PEER_SAMPLES.vote, vote: { ...PEER_SAMPLES.vote.vote, type: 'maybe' } }],
  ['a role that is none', { ...PEER_SAMPLES.heartbeat, role: 'authority' }],
  ['a cluster that is no name', { ...PEER_SAMPLES.vote, vote: { ...PEER_SAMPLES.vote.vote, cluster: 'C 1' } }],
  ['a short signature', { ...PEER_SAMPLES.vote, vote: { ...PEER_SAMPLES.vote.vote, signature: new Uint8Array(63) } }],
  ['a resignation that is no JWS', { ...PEER_SAMPLES.handover, resignation: 'a.b' }],
  ['an address that no header can carry', { ...PEER_SAMPLES.hello, apiAddress: 'host:1\r\nx-baton-master: me' }],
  ['an address of a node that is none', { ...PEER_SAMPLES.roster, nodes: [{ node: 'c1-b', address: 'hôte:1' }] }],
])('refuses %s', (_, message) => {
  expect(decodePeer(encodePeer(message as PeerMessage))).toMatchObject(MALFORMED)
})

test('a reason that is too long is cut, not refused', () => {
  const decoded = decodePeer(encodePeer({ ...PEER_SAMPLES.preVoteAnswer, why: 'x'.repeat(5_000) }))
  expect(decoded).toMatchObject({ ok: true, message: { why: 'x'.repeat(LIMITS.whyCharacters) } })
})
