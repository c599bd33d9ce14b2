import type { NodeInput } from '@baton/shared/core/node/io'
import type { Mastership, Reshape } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Epoch, Generation, Jws, NodeId, Token, Version } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlLink, ControlNotice, ControlReply, ControlRequest } from '@baton/shared/ports/control-link'
import { failure, success } from '@baton/shared/result'
import { expect, test } from 'vitest'
import { AuthorityBridge, type AuthorityBridgePorts } from '../../../node-runtime/src/daemon/authority-bridge.ts'
import {
  AUTHORITY,
  C1,
  C1A,
  C1B,
  GENESIS,
  NETWORK,
  NODE,
  OPAQUE_JWS,
  OUTSIDER,
  PAYLOADS,
} from '../../support/fixed-network.ts'
import { STATE } from '../adapters/control-link/authority-server.ts'

const TOKEN = { generation: 0, epoch: 4 } as Token
const GRANT = { mastership: 'as verified' } as never

function bridgeTo(reply: ControlReply, more: Partial<AuthorityBridgePorts> = {}) {
  const asked: ControlRequest[] = []
  const fed: NodeInput[] = []
  const warned: unknown[] = []
  const sent: ControlNotice[] = []
  const ports = {
    credentials: { verify: async () => success(GRANT) },
    shown: () => ({ credential: null, reshape: null }),
    notices: () => [],
    onMembers: async () => {},
    linked: () => undefined,
    members: null,
    enqueue: (input: NodeInput) => fed.push(input),
    log: { warn: (fields: unknown) => warned.push(fields), error: (fields: unknown) => warned.push(fields) },
    ...more,
  } as unknown as AuthorityBridgePorts
  const bridge = new AuthorityBridge(ports)
  const request = async (one: ControlRequest) => {
    asked.push(one)
    return reply
  }
  bridge.attach({ request, send: (notice: ControlNotice) => sent.push(notice) } as unknown as ControlLink)
  return { bridge, asked, fed, warned, sent }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('[RC3] the end of a recovery is asked of the authority, and its registry is handed to the node', async () => {
  const { bridge, asked, fed } = bridgeTo({ ok: true, state: STATE })
  await bridge.recovered({ ...TOKEN, more: 'than a token' } as Token, { kind: 'log', from: 'c1-a' as NodeId })
  await settle()
  expect(asked).toEqual([{ t: 'recovered', token: TOKEN, by: { kind: 'log', from: 'c1-a' } }])
  expect(fed).toEqual([
    { i: 'granted', from: null, grants: [GRANT] },
    { i: 'view', view: STATE },
  ])
})

test('[RG9] so is what a barred node has verified; a refusal is logged and brings the registry too', async () => {
  const refused = {
    ok: false,
    code: 'NOT_ELECTABLE',
    why: 'an order stands',
    retryAfterMs: null,
    state: STATE,
  } as const
  const { bridge, asked, fed, warned } = bridgeTo(refused)
  await bridge.verified(TOKEN, 7 as never)
  await settle()
  expect(asked).toEqual([{ t: 'verified', token: TOKEN, height: 7 }])
  expect(fed.at(-1)).toEqual({ i: 'view', view: STATE })
  expect(warned).toEqual([{ event: 'verified-refused', code: 'NOT_ELECTABLE' }])
})

const UNREACHABLE = { ok: false, code: 'UNREACHABLE', why: '', retryAfterMs: null, state: null } as const
const welcome = { state: null, masters: OPAQUE_JWS, graceMs: 0, challenge: 'c' }

test('[RG8, PV2] every session begins with what this node holds, when the authority knows the message', async () => {
  let held = { credential: STATE.credential, reshape: OPAQUE_JWS } as const
  const { bridge, sent } = bridgeTo(UNREACHABLE, { shown: () => held })
  bridge.onUp({ ...welcome, protocol: 1 })
  expect(sent).toEqual([])
  bridge.onUp({ ...welcome, protocol: 2 })
  held = { ...held, reshape: 'b.c.d' as never }
  bridge.onUp({ ...welcome, protocol: 3 })
  expect(sent).toEqual([
    { t: 'shown', credential: STATE.credential, reshape: OPAQUE_JWS },
    { t: 'shown', credential: STATE.credential, reshape: 'b.c.d' },
  ])
})

test('[ID8, PV2] so it does with the notices that this node knows', () => {
  const notices = Array.from({ length: LIMITS.noticesPerFrame + 1 }, (_, at) => `a.b.${at}` as Jws)
  const { bridge, sent } = bridgeTo(UNREACHABLE, { notices: () => notices })
  bridge.onUp({ ...welcome, protocol: 1 })
  expect(sent).toEqual([])
  bridge.onUp({ ...welcome, protocol: 2 })
  const told = sent.flatMap((notice) => (notice.t === 'notices' ? [notice.notices] : []))
  expect(told.map(({ length }) => length)).toEqual([LIMITS.noticesPerFrame, 1])
  expect(told.flat()).toEqual(notices)
})

test('[ID8, RG8] revocations come before what is shown: a restore that this completes knows them', () => {
  const notices = ['a.b.c' as Jws]
  const { bridge, sent } = bridgeTo(UNREACHABLE, { notices: () => notices })
  bridge.tellNotices(notices)
  expect(sent).toEqual([])
  bridge.onUp({ ...welcome, protocol: 2 })
  expect(sent.map(({ t }) => t)).toEqual(['notices', 'shown'])
  bridge.tellNotices(['d.e.f' as Jws])
  expect(sent.at(-1)).toEqual({ t: 'notices', notices: ['d.e.f'] })
})

test('[ID1] what the authority said under a key that nobody knew counts once its owners’ word of it has come', async () => {
  const known = { now: false }
  const credentials = {
    verify: async () => (known.now ? success(GRANT) : failure('STATEMENT_INVALID', 'an unknown key')),
    verifyAll: async () => success([GRANT]),
  } as never
  const genesis = {
    ...GENESIS,
    get authorityKeys() {
      return known.now ? [OUTSIDER.publicKey] : GENESIS.authorityKeys
    },
  }
  const { bridge, fed, warned } = bridgeTo(UNREACHABLE, { credentials, genesis })
  const masters = [STATE.credential]
  const table = await signStatement('masterTable', { network: NETWORK, version: 1, masters }, OUTSIDER.privateKey)
  bridge.onUp({ ...welcome, masters: table, state: STATE, protocol: 2 })
  await expect.poll(() => warned).toMatchObject([{ event: 'table-refused' }, { event: 'grant-refused' }])
  const grants = () => fed.filter(({ i }) => i === 'granted')
  expect(grants()).toEqual([])
  known.now = true
  bridge.learnAgain()
  await expect.poll(grants).toEqual([
    { i: 'granted', from: null, grants: [GRANT] },
    { i: 'granted', from: null, grants: [GRANT] },
  ])
  bridge.learnAgain()
  await settle()
  expect([grants().length, warned.length]).toEqual([2, 2])
})

test('[RG8] a statement in a view counts when its master has signed it for exactly that sync set', async () => {
  const token = { generation: 0 as Generation, epoch: 3 as Epoch }
  const mastership = { cluster: C1, ...token, node: C1A, key: NODE.publicKey } as unknown as Mastership
  const credentials = { verify: async () => success({ mastership }) } as never
  const reshape: Reshape = {
    network: NETWORK,
    cluster: C1,
    ...token,
    node: C1A,
    version: 6 as Version,
    syncSet: [C1A, C1B],
  }
  const statement = await signStatement('reshape', reshape, NODE.privateKey)
  const { bridge, fed, warned } = bridgeTo(UNREACHABLE, { credentials, genesis: GENESIS })
  const seen = async (jws: typeof statement | null, syncSet: readonly NodeId[] = [C1A, C1B]) => {
    const view = { ...STATE, syncSet, reshape: jws }
    bridge.onState(view)
    await expect.poll(() => fed.at(-1)).toMatchObject({ i: 'view', view })
    return fed.at(-1)
  }
  expect(await seen(statement)).toMatchObject({ reshape: { reshape, statement } })
  expect(await seen(null)).not.toHaveProperty('reshape')
  expect(warned).toEqual([])
  const wrong = [
    await signStatement('reshape', reshape, OUTSIDER.privateKey),
    await signStatement('reshape', { ...reshape, node: C1B }, NODE.privateKey),
    await signStatement('reshape', { ...reshape, epoch: 2 as Epoch }, NODE.privateKey),
    await signStatement('reshape', { ...reshape, network: 'other' as never }, NODE.privateKey),
    await signStatement('reshape', { ...reshape, syncSet: [C1A] }, NODE.privateKey),
    await signStatement('reshape', { ...reshape, syncSet: [C1A, C1B, 'c1-c' as NodeId] }, NODE.privateKey),
    await signStatement('reshape', { ...reshape, syncSet: [C1A, 'c1-c' as NodeId] }, NODE.privateKey),
  ]
  for (const jws of wrong) expect(await seen(jws)).not.toHaveProperty('reshape')
  expect(warned).toHaveLength(wrong.length)
  expect(warned[0]).toMatchObject({ event: 'reshape-refused' })
})

test('[ID4] so does the one in the answer to a claim: the next claim is made against that version', async () => {
  const token = { generation: 0 as Generation, epoch: 3 as Epoch }
  const mastership = { cluster: C1, ...token, node: C1A, key: NODE.publicKey } as unknown as Mastership
  const credentials = { verify: async () => success({ mastership }) } as never
  const reshape: Reshape = { network: NETWORK, cluster: C1, ...token, node: C1A, version: 6 as Version, syncSet: [C1A] }
  const statement = await signStatement('reshape', reshape, NODE.privateKey)
  const state = { ...STATE, syncSet: [C1A], reshape: statement }
  const stale = { ok: false, code: 'STALE_VERSION', why: 'recorded is 7', retryAfterMs: null, state } as const
  const { bridge, fed } = bridgeTo(stale, { credentials, genesis: GENESIS, privateKey: OUTSIDER.privateKey })
  await bridge.claim(4, PAYLOADS.claim)
  const answered = { i: 'claimReply', request: 4, outcome: stale, reshape: { reshape, statement } }
  await expect.poll(() => fed.at(-1)).toEqual(answered)
})

test('[RG4] what the authority has signed of the sync set is handed on with the view when it verifies, and else left out', async () => {
  const token = { generation: 0 as Generation, epoch: 3 as Epoch }
  const mastership = { cluster: C1, ...token, node: C1A, key: NODE.publicKey } as unknown as Mastership
  const credentials = { verify: async () => success({ mastership }) } as never
  const recorded = { network: NETWORK, cluster: C1, ...token, version: 7 as Version, syncSet: [C1A], reshape: null }
  const { bridge, fed, warned } = bridgeTo(UNREACHABLE, { credentials, genesis: GENESIS })
  const seen = async (jws: Jws | null) => {
    const view = { ...STATE, recorded: jws }
    bridge.onState(view)
    await expect.poll(() => fed.at(-1)).toMatchObject({ i: 'view', view })
    return fed.at(-1)
  }
  const statement = await signStatement('syncSet', recorded, AUTHORITY.privateKey)
  expect(await seen(statement)).toMatchObject({ syncSet: { recorded, statement, reshape: null } })
  expect(await seen(null)).not.toHaveProperty('syncSet')
  expect(warned).toEqual([])
  expect(await seen(await signStatement('syncSet', recorded, NODE.privateKey))).not.toHaveProperty('syncSet')
  expect(warned).toMatchObject([{ event: 'sync-set-refused' }])
})

test('[MJ1] where the members keep the registry, the edge’s word on it is not listened to; what it submits is', async () => {
  const submitted: unknown[] = []
  const members: AuthorityBridgePorts['members'] = {
    onUp: (protocol) => submitted.push(['up', protocol]),
    onAsk: ({ request }) => submitted.push(['ask', request]),
    onForeignSilence: ({ silentForMs }) => submitted.push(['silence', silentForMs]),
    keysChanged: () => submitted.push(['keys']),
  }
  const { bridge, fed, sent } = bridgeTo({ ok: true, state: STATE }, { members, genesis: GENESIS })
  const masters = await signStatement(
    'masterTable',
    { network: NETWORK, version: 1, masters: [] },
    AUTHORITY.privateKey,
  )
  bridge.onUp({ state: STATE, masters, graceMs: 0, challenge: 'c', protocol: 3 })
  bridge.onState(STATE)
  bridge.onSessionClosed('c1-b' as NodeId)
  bridge.onHeard({ report: 1, version: STATE.version, sentAt: 0 as never })
  const order = { id: 'o1', node: 'c1-b' as NodeId, cause: 'threshold', why: 'wrong results' } as const
  bridge.onAsk({ t: 'ask', request: 4, ask: { kind: 'order', order, bars: true } })
  bridge.onForeignSilence({ reporters: 2, clusters: 4, silentForMs: 900 })
  bridge.onDown('it is gone')
  bridge.learnAgain()
  await settle()
  expect(fed).toEqual([])
  expect(sent.filter(({ t }) => t === 'shown')).toEqual([])
  expect(submitted).toEqual([['up', 3], ['ask', 4], ['silence', 900], ['keys']])
})
