/**
 * Spoilt frames of an authenticated peer, through the real inbox to what takes them for the node before its machine does: rosters, relayed claims,
 * transactions and submissions. Nothing throws or rejects; what is not signed, not asked for, or not from whom it was asked changes nothing.
 */
import { decodeSigned } from '@baton/shared/codec/transaction'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { KeyPair } from '@baton/shared/crypto/keys'
import type { StatementKind } from '@baton/shared/crypto/statement-types'
import { BatonError, type ErrorCode, isErrorCode } from '@baton/shared/errors'
import type { Hash, Height, Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlReply } from '@baton/shared/ports/control-link'
import { parseFromAuthority } from '@baton/shared/protocol/control-schemas'
import { PEER_PROTOCOL, type PeerMessage } from '@baton/shared/protocol/peer'
import { decodePeer, encodePeer } from '@baton/shared/protocol/peer-codec'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { ed25519Verifier } from '../../../node-runtime/src/adapters/verifier.ts'
import { signPut } from '../../../node-runtime/src/client/sign.ts'
import { ClaimRelay } from '../../../node-runtime/src/daemon/claim-relay.ts'
import { NodeNotices } from '../../../node-runtime/src/daemon/node-notices.ts'
import { PeerInbox, type PeerInboxPorts } from '../../../node-runtime/src/daemon/peer-inbox.ts'
import { Submissions } from '../../../node-runtime/src/daemon/submissions.ts'
import { Mempool } from '../../../node-runtime/src/engines/embedded/mempool.ts'
import {
  AUTHORITY,
  C1,
  C1A,
  C1B,
  C2,
  C2A,
  DELEGATE,
  fixedKeyPair,
  GENESIS,
  NETWORK,
  OUTSIDER,
  OWNER_C1,
  OWNER_C2,
  PAYLOADS,
} from '../../support/fixed-network.ts'
import { forge, payloadIn } from '../../support/forge.ts'
import { times } from '../../support/long.ts'
import { C1C } from '../../support/majority-members.ts'
import { exchangeLeaves, jsonWay, type Mutation, mutateJson, mutateText, mutations } from '../../support/mutations.ts'
import { spoiltFrame } from '../../support/spoilt-frame.ts'
import { untilTrue } from '../../support/until-true.ts'
import { settledWorld } from '../../support/world/settled.ts'
import { certificateOf, NOW, opened, revocationOf } from './membership-fixture.ts'

const BOUND_MS = 20_000
type FrameWay = Parameters<typeof spoiltFrame>[1]
const frameWay = fc.constantFrom<FrameWay>('leaves', 'leaves', 'tree', 'bytes')

type Handlers = { readonly [Name in 'onTransactions' | 'onSubmit' | 'onRelay' | 'onRoster']: PeerInboxPorts[Name] }
type Message<T extends PeerMessage['t']> = Extract<PeerMessage, { readonly t: T }>

/** What this frame is of these types, once it is dealt with; null: it was refused, or is of another type, which is not given to anybody. */
async function received<T extends PeerMessage['t']>(
  types: readonly T[],
  handlers: Partial<Handlers>,
  from: NodeId,
  frame: Uint8Array,
): Promise<Message<T> | null> {
  const decoded = decodePeer(frame)
  if (decoded.ok && !types.includes(decoded.message.t as T)) return null
  const refused: ErrorCode[] = []
  const done: unknown[] = []
  const awaited = Object.entries(handlers).map(([name, take]) => {
    const handle = (...given: unknown[]) => {
      const taken = (take as (...given: unknown[]) => unknown)(...given)
      done.push(taken)
      return taken
    }
    return [name, handle]
  })
  const ports = { ...Object.fromEntries(awaited), refused: (_: NodeId, code: ErrorCode) => refused.push(code) }
  new PeerInbox(ports as unknown as PeerInboxPorts).receive(from, frame, PEER_PROTOCOL.max)
  await Promise.all(done)
  await new Promise((resolve) => setImmediate(resolve))
  expect(refused).toEqual(decoded.ok ? [] : ['PEER_MALFORMED'])
  return decoded.ok ? (decoded.message as Message<T>) : null
}

function isForeseen(code: unknown): boolean {
  return isErrorCode(code) && code !== 'INTERNAL'
}

interface Signed {
  readonly kind: StatementKind
  readonly by: KeyPair
  readonly statement: Jws
}

/** Of every kind that owners sign, and the authority with them. */
async function soundNotices(): Promise<readonly Signed[]> {
  const rotation = { ...PAYLOADS.ownerRotation, cluster: C2, from: OWNER_C2.publicKey, to: DELEGATE.publicKey }
  const signed = await forge('ownerRotation', { ...rotation, until: (NOW + 1_000) as UnixMs }, OWNER_C2)
  const all: readonly (readonly [StatementKind, object, KeyPair])[] = [
    ['revocation', payloadIn(await revocationOf(C1B, OUTSIDER.publicKey)) as object, OWNER_C1],
    ['revocation', { ...PAYLOADS.revocation, cluster: C2, subject: { kind: 'token', token: 't1' } }, OWNER_C2],
    ['authorityKeys', { ...PAYLOADS.authorityKeys, cluster: C2, keys: [OUTSIDER.publicKey], retired: [] }, OWNER_C2],
    ['recordedRotation', { network: NETWORK, cluster: C2, rotation: signed }, AUTHORITY],
  ]
  return Promise.all(all.map(async ([kind, payload, by]) => ({ kind, by, statement: await forge(kind, payload, by) })))
}

const NOTICE_WAYS = ['text', 'stranger', 'insider'] as const
const stranger = await fixedKeyPair(99)

async function spoiltNotice(
  { kind, by, statement }: Signed,
  way: (typeof NOTICE_WAYS)[number],
  changes: readonly Mutation[],
) {
  if (way === 'text') return mutateText(statement, changes) as Jws
  const payload = exchangeLeaves(payloadIn(statement), changes)
  return forge(kind, way === 'stranger' ? payloadIn(statement) : payload, way === 'stranger' ? stranger : by)
}

test('[ID4, ID8] roster: a notice counts as its owner has signed it, an address only for a node of the sender’s own cluster', async () => {
  const { membership, open, dataFolder, refused, told } = await opened()
  const { certificate } = await certificateOf({ node: C1B })
  open.push(
    { node: C1B, cluster: certificate.cluster, certificate, protocol: 5 },
    { node: C2A, cluster: C2, certificate: { ...certificate, cluster: C2, node: C2A }, protocol: 5 },
  )
  const notices = await soundNotices()
  const onRoster: Handlers['onRoster'] = (from, message) => membership.onRoster(from, message)
  const hear = (from: NodeId, frame: Uint8Array) => received(['roster'], { onRoster }, from, frame)
  const ofC1 = [{ node: C1C, address: 'c1-c:1' }]
  const ofC2 = [{ node: C2A, address: 'c2-a:1' }]
  await hear(C1B, encodePeer({ t: 'roster', nodes: ofC1, notices: [] }))
  await hear(C2A, encodePeer({ t: 'roster', nodes: ofC2, notices: [] }))
  const signed = new Set(notices.map(({ statement }) => statement))
  const sound: Message<'roster'> = { t: 'roster', nodes: [...ofC1, ...ofC2], notices: [...signed] }
  const story = fc.record({
    from: fc.constantFrom(C2A, C1B, 'c2-z' as NodeId),
    way: fc.oneof(frameWay, fc.constantFrom(...NOTICE_WAYS)),
    which: fc.nat(notices.length - 1),
  })
  const property = fc.asyncProperty(story, mutations, async ({ from, way, which }, changes) => {
    let roster: Uint8Array
    if (way === 'leaves' || way === 'tree' || way === 'bytes') roster = spoiltFrame(sound, way, changes)
    else {
      const notice = await spoiltNotice(notices[which]!, way, changes)
      // What its owner has really signed may count: it is the owner's word.
      if (way === 'insider') signed.add(notice)
      roster = encodePeer({ ...sound, notices: [notice] })
    }
    const before = refused.length
    const message = await hear(from, roster)
    const forged = new Set(message?.notices.filter((notice) => !signed.has(notice)))
    const refusals = refused.slice(before)
    expect(refusals.filter(({ source, code }) => source !== from || !isForeseen(code))).toEqual([])
    expect(refusals.length).toBeGreaterThanOrEqual(forged.size)
    expect([...membership.notices(), ...told.flat()].filter((notice) => !signed.has(notice))).toEqual([])
    expectBook(membership.book.peers())
  })
  await fc.assert(property, { numRuns: times(3_000, 500) })
  await hear(C2A, encodePeer(sound))
  expect(membership.notices()).toEqual(expect.arrayContaining(notices.map(({ statement }) => statement)))
  const again = new NodeNotices({ genesis: GENESIS, dataFolder, onTaken: () => {} })
  expect(again.all()).toEqual(membership.notices())
})

/** Nobody has shown a certificate for these names: they are of the cluster that has claimed them first. Nobody speaks for this node. */
function expectBook(peers: ReadonlyMap<NodeId, { readonly cluster: string }>): void {
  const clusters = [...peers.values()].map(({ cluster }) => cluster)
  expect([peers.get(C1C)?.cluster, peers.get(C2A)?.cluster, peers.has(C1A)]).toEqual([C1, C2, false])
  for (const one of new Set(clusters)) {
    expect([C1, C2]).toContain(one)
    expect(clusters.filter((other) => other === one).length).toBeLessThanOrEqual(LIMITS.nodesPerCluster)
  }
}

const world = settledWorld()
const { id, bytes } = world.submit('c1-n1', 'key')
world.run(2_000, () => world.acknowledged.has(id))
const master = world.masterOf('c1')!
const standby = world.nodesOf('c1').find((host) => host !== master)!
const view = world.authorities.get(master.cluster)!.view()!

const REFUSED: ControlReply = { ok: false, code: 'MASTER_ALIVE', why: 'heard 1 ms ago', retryAfterMs: 9, state: view }
const CLAIM = 'Y2xhaW0.YQ.Yg' as Jws
const CERTIFICATE = 'Y2VydA.YQ.Yg' as Jws

test('[RG2, ID8] relayClaim: it is brought as it came, and answered to whoever brought it; never for a node whose key is revoked', async () => {
  const brought: (readonly Jws[])[] = []
  const sent: (readonly [NodeId, PeerMessage])[] = []
  const answers: readonly ControlReply[] = [REFUSED, { ok: true, state: view }]
  const relay = new ClaimRelay({
    certificate: () => CERTIFICATE,
    peers: () => [],
    send: (to, message) => sent.push([to, message]) > 0,
    isRevoked: (node) => node === C1C,
    bring: async (...claim) => answers[brought.push(claim) % 2]!,
  })
  const onRelay: Handlers['onRelay'] = (from, message) => relay.onPeer(from, message)
  const sound: Message<'relayClaim'> = { t: 'relayClaim', request: 7, claim: CLAIM, certificate: CERTIFICATE }
  const property = fc.asyncProperty(fc.constantFrom(C1B, C1C), frameWay, mutations, async (from, way, changes) => {
    const message = await received(['relayClaim'], { onRelay }, from, spoiltFrame(sound, way, changes))
    const [[to, answer] = [null, null], ...more] = sent.splice(0)
    const asked = brought.splice(0)
    if (message === null) {
      expect([to, asked]).toEqual([null, []])
      return
    }
    expect([to, more, asked]).toEqual([from, [], from === C1C ? [] : [[message.claim, message.certificate]]])
    const decoded = decodePeer(encodePeer(answer!))
    if (!decoded.ok || decoded.message.t !== 'relayReply') throw new Error('no reply')
    const reply = parseFromAuthority(decoded.message.reply)
    expect(reply).toMatchObject({ ok: true, value: { t: 'reply', request: message.request } })
    if (from === C1C) expect(reply).toMatchObject({ value: { code: 'CERTIFICATE_REVOKED' } })
  })
  await fc.assert(property, { numRuns: times(2_000, 400) })
})

test('[RG2] relayReply: only a peer that was asked answers, and only what an authority can say', async () => {
  const sent: (readonly [NodeId, PeerMessage])[] = []
  const relay = new ClaimRelay({
    certificate: () => CERTIFICATE,
    peers: () => [C1B, C1C].map((node) => ({ node, cluster: C1 })),
    send: (to, message) => sent.push([to, message]) > 0,
    isRevoked: () => false,
    bring: async () => REFUSED,
  })
  const onRelay: Handlers['onRelay'] = (from, message) => relay.onPeer(from, message)
  const LAST = { t: 'reply', ok: false, code: 'STALE_VERSION', why: 'it has moved', retryAfterMs: null, state: null }
  const story = fc.record({
    from: fc.constantFrom(C1B, C1C, C2A),
    said: fc.constantFrom<ControlReply>(REFUSED, { ok: true, state: view }, { ...REFUSED, code: 'UNREACHABLE' }),
    way: fc.oneof(frameWay, fc.constant('reply' as const)),
    inside: jsonWay,
  })
  const property = fc.asyncProperty(story, mutations, async ({ from, said, way, inside }, changes) => {
    const asked = relay.ask(CLAIM)
    const [[, question]] = sent.splice(0) as unknown as [[NodeId, Message<'relayClaim'>]]
    const { request } = question
    const spoken = { t: 'reply', request, ...said }
    const reply = way === 'reply' ? mutateJson(spoken, inside, changes) : JSON.stringify(spoken)
    const sound: Message<'relayReply'> = { t: 'relayReply', request, reply }
    const frame = way === 'reply' ? encodePeer(sound) : spoiltFrame(sound, way, changes)
    const message = await received(['relayReply'], { onRelay }, from, frame)
    // Whatever became of that: the others answer too.
    for (const node of [C1C, C1B]) {
      await received(
        ['relayReply'],
        { onRelay },
        node,
        encodePeer({ ...sound, reply: JSON.stringify({ ...LAST, request }) }),
      )
    }
    const read = message === null ? null : parseFromAuthority(message.reply)
    const counts = from !== C2A && message?.request === request && read?.ok === true && read.value.t === 'reply'
    const answer = counts && (read.value.ok || read.value.code !== 'UNREACHABLE') ? read.value : LAST
    const { t: _, request: __, ...expected } = answer as typeof LAST & { request: number }
    const code = expected.ok || isErrorCode(expected.code) ? expected.code : 'INTERNAL'
    expect(await asked).toEqual({ ...expected, ...(expected.ok ? {} : { code }) })
  })
  await fc.assert(property, { numRuns: times(2_000, 400) })
})

/** The submissions of a node as its daemon runs them. */
function submissionsOf(host: typeof master) {
  const mempool = new Mempool()
  const sent: (readonly [NodeId, PeerMessage])[] = []
  const submissions = new Submissions({
    state: () => host.state,
    application: world.application,
    hash: sha256,
    mempool,
    reader: host.store,
    verifier: ed25519Verifier(),
    send: (to, message) => sent.push([to, message]) > 0,
    spread: () => {},
    hasWork: () => {},
  })
  onTestFinished(() => submissions.stop())
  // What this node has executed is answered at once: it is held.
  submissions.held(Number.MAX_SAFE_INTEGER as Height)
  return { submissions, mempool, sent }
}

const client = { network: world.genesis.network, pair: OUTSIDER }
const fresh = await Promise.all(['a', 'b'].map((key) => signPut(client, { key, value: 'v' })))
const abroad = await signPut({ network: NETWORK, pair: OUTSIDER }, { key: 'a', value: 'v' })

test('[GU4, API3] transactions: what its sender has not signed for this network does not come into the mempool', async () => {
  const { submissions, mempool } = submissionsOf(master)
  const onTransactions: Handlers['onTransactions'] = (_, all) => submissions.receive(all) as unknown as undefined
  const hear = (frame: Uint8Array) => received(['transactions'], { onTransactions }, C2A, frame)
  const waiting = () => [...mempool.transactions()].map((each) => each.id)
  const sound: Message<'transactions'> = {
    t: 'transactions',
    transactions: [...fresh, abroad].map((each) => each.bytes),
  }
  await hear(encodePeer(sound))
  expect(waiting()).toEqual(fresh.map((each) => each.id))
  const property = fc.asyncProperty(frameWay, mutations, async (way, changes) => {
    mempool.clear()
    const message = await hear(spoiltFrame(sound, way, changes))
    const signed = new Set((message?.transactions ?? []).map((each) => Buffer.from(each).toString('hex')))
    const expected = fresh.filter((each) => signed.has(Buffer.from(each.bytes).toString('hex')))
    expect(new Set(waiting())).toEqual(new Set(expected.map((each) => each.id)))
  })
  await fc.assert(property, { numRuns: times(3_000, 500) })
})

test('[API3] submit: each is answered once to whoever sent it, with a receipt or a code, unless it is signed and waits for its block', async () => {
  for (const host of [master, standby]) {
    const samples = [bytes, fresh[0]!.bytes, abroad.bytes]
    const property = fc.asyncProperty(fc.nat(2), frameWay, mutations, async (which, way, changes) => {
      // Of this run alone: one that waits for its block is told so when its time is up, which may be in another run.
      const { submissions, mempool, sent } = submissionsOf(host)
      const onSubmit: Handlers['onSubmit'] = (from, message) => submissions.onPeer(from, message)
      const frame = spoiltFrame({ t: 'submit', request: 6, transaction: samples[which]! }, way, changes)
      const message = await received(['submit'], { onSubmit }, C1B, frame)
      if (message !== null) await untilTrue(() => sent.length > 0 || mempool.size > 0, BOUND_MS, 1)
      const answers = [...sent]
      submissions.stop()
      const waits = [...mempool.transactions()].map((each) => each.id)
      expect(waits.filter((each) => each !== fresh[0]!.id)).toEqual([])
      if (message === null || waits.length > 0) {
        expect(answers).toEqual([])
        return
      }
      const [[to, answer]] = answers as unknown as [[NodeId, PeerMessage]]
      expect([answers.length, to]).toEqual([1, C1B])
      const decoded = decodePeer(encodePeer(answer))
      if (!decoded.ok || decoded.message.t !== 'submitResult') throw new Error('no result')
      const { request, outcome } = decoded.message
      expect(request).toBe(message.request)
      if (!outcome.ok) expect([isForeseen(outcome.code), outcome.code]).toEqual([true, outcome.code])
      else expect(idOf(message.transaction)).toBe(id)
      if (host === standby) expect(outcome).toMatchObject({ ok: false, code: 'NOT_MASTER', master: master.node })
    })
    await fc.assert(property, { numRuns: times(1_500, 250) })
  }
})

function idOf(transaction: Uint8Array): Hash | null {
  const read = decodeSigned(sha256, transaction)
  return read.ok ? read.value.id : null
}

test('[API3, GU2] submitResult: only the master that was asked answers a client, and only with a receipt of its transaction', async () => {
  const { submissions, sent } = submissionsOf(standby)
  const onSubmit: Handlers['onSubmit'] = (from, message) => submissions.onPeer(from, message)
  const { receipt } = master.store.transaction(id)!
  const asked = () => (sent.splice(0).at(-1)![1] as Message<'submit'>).request
  const story = fc.record({
    from: fc.constantFrom(master.node, C2A),
    way: frameWay,
    outcome: fc.constantFrom<Message<'submitResult'>['outcome']>(
      { ok: true, receipt },
      { ok: false, code: 'MEMPOOL_FULL', why: 'later', master: null },
      { ok: false, code: 'NOT_MASTER', why: 'no more', master: C1B },
    ),
  })
  const property = fc.asyncProperty(story, mutations, async ({ from, way, outcome }, changes) => {
    const settled = submissions.submit(bytes).then(
      (done) => done.receipt,
      (error: unknown) => error,
    )
    await untilTrue(() => sent.length > 0, BOUND_MS, 1)
    const request = asked()
    const frame = spoiltFrame({ t: 'submitResult', request, outcome }, way, changes)
    const message = await received(['submitResult'], { onSubmit }, from, frame)
    // Whatever became of that: it asks again after a switch, and is answered.
    submissions.mastershipChanged()
    if (sent.length > 0) {
      const sound = { t: 'submitResult', request: asked(), outcome: { ok: true, receipt } } as const
      await received(['submitResult'], { onSubmit }, master.node, encodePeer(sound))
    }
    const result = await settled
    if (!(result instanceof BatonError)) expect(result).toMatchObject({ id })
    else {
      expect([from, message?.request, message?.outcome.ok]).toEqual([master.node, request, false])
      // A code of a later version is none here.
      if (message?.outcome.ok === false && isErrorCode(message.outcome.code))
        expect(result.code).toBe(message.outcome.code)
    }
  })
  await fc.assert(property, { numRuns: times(2_000, 400) })
})
