import type { ArbiterMessage } from '@baton/shared/core/arbiter/messages'
import { verifyCredential } from '@baton/shared/crypto/credential'
import { type MemberKey, withMemberKeys } from '@baton/shared/crypto/member-keys'
import { signStatement } from '@baton/shared/crypto/statements'
import type { NodeId, Version } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { readArbiterMessage, writeArbiterMessage } from '@baton/shared/protocol/arbiter/messages'
import { CONTROL_PROTOCOL } from '@baton/shared/protocol/control'
import { afterEach, expect, test } from 'vitest'
import {
  AUTHORITY,
  C1,
  C1A,
  C1B,
  C2,
  fixedKeyPair,
  NETWORK,
  OUTSIDER,
  PAYLOADS,
} from '../../../support/fixed-network.ts'
import { C1C, MEMBER_KEYS, voteOf } from '../../../support/majority-members.ts'
import { untilTrue as untilTrueWithin } from '../../../support/until-true.ts'
import { asked, NAMES, RealMembers, TRUST, tokenOf } from './real-members.ts'

const BOUND_MS = 20_000
const untilTrue = (condition: () => boolean) => untilTrueWithin(condition, BOUND_MS)

let members: RealMembers
afterEach(() => members.stop())

async function founded(): Promise<RealMembers> {
  members = await RealMembers.start()
  await members.found()
  return members
}

const known: RealMembers['known'] = (...asked) => members.known(...asked)
const claimOf = (node: NodeId) => members.claimOf(node)
const replies = (node: NodeId) => members.replies(node)

test('[MJ1, RG2] the members found their cluster, and everybody can check the founder’s grant against genesis', async () => {
  await founded()
  for (const node of NAMES) {
    const { credential, master } = members.view(node)!
    expect(master).toBe(C1A)
    expect(await verifyCredential(TRUST, credential)).toMatchObject({ ok: true, value: { node: C1A, epoch: 1 } })
    expect(members.of(node).inputs.some((input) => input.i === 'authority' && input.up)).toBe(true)
    expect(members.of(node).failures).toEqual([])
  }
  expect(members.view(C1C)!.reshape).not.toBeNull()
})

test('[MJ1, RG3] a dead master is replaced by two of three; the claimant is answered after it has learnt of its grant', async () => {
  await founded()
  members.end(C1A)
  await members.of(C1B).bridge.claim(7, claimOf(C1B))
  await untilTrue(() => replies(C1B).length > 0)
  expect(replies(C1B)).toMatchObject([{ request: 7, outcome: { ok: true, state: { master: C1B, epoch: 2 } } }])
  const { inputs } = members.of(C1B)
  const granted = inputs.findIndex((input) => input.i === 'granted' && input.grants[0]?.mastership.epoch === 2)
  expect(granted).toBeGreaterThan(-1)
  expect(granted).toBeLessThan(inputs.findIndex(({ i }) => i === 'claimReply'))
  await known((view) => view.epoch === 2, [C1C])
})

test('[MJ1, EL6] a member without a seat is seated again by all others, and knows what was decided', async () => {
  await founded()
  members.end(C1C)
  await members.begin(C1C)
  const { bridge } = members.of(C1C)
  expect([bridge.up, bridge.why]).toEqual([false, expect.stringMatching(/waits for c1-a, c1-b$/)])
  for (const peer of [C1A, C1B]) {
    members.link(C1C, peer)
    members.link(peer, C1C)
  }
  await untilTrue(() => members.of(C1C).events.some(({ e }) => e === 'reseated'))
  await known((view) => view.epoch === 1, [C1C])
  expect(members.of(C1C).bridge.up).toBe(true)
})

test('[MJ1] a vote with another signature, for another grant, or of another member counts for nothing: without it there is no majority', async () => {
  await founded()
  members.end(C1A)
  const wrong: string[] = [await voteOf(C1C, { ballot: { counter: 99, node: C1B } }), 'a.b.c']
  const [, , foreign] = (await voteOf(C1C, {}, OUTSIDER)).split('.')
  members.tamper = (from, _to, text) => {
    const read = readArbiterMessage(text)
    if (from !== C1C || !read.ok || read.value.m !== 'accepted' || read.value.signature === null) return text
    const [said, payload] = read.value.signature.split('.')
    const signature = (wrong.shift() ?? `${said}.${payload}.${foreign}`) as never
    return writeArbiterMessage({ ...read.value, signature })
  }
  await members.of(C1B).bridge.claim(8, claimOf(C1B))
  await untilTrue(() => replies(C1B).length > 0)
  expect(replies(C1B)).toMatchObject([{ outcome: { ok: false, code: 'UNREACHABLE' } }])
  expect(members.view(C1B)!.epoch).toBe(1)
  const refused = members.of(C1B).refused.map(({ from, code }) => `${from} ${code}`)
  expect(new Set(refused)).toEqual(new Set([`${C1C} PEER_SIGNATURE`]))
  expect(refused.length).toBeGreaterThanOrEqual(3)
})

test('[MJ1] a decision whose proof does not verify is none, whoever brings it', async () => {
  await founded()
  const decided = await new Promise<Extract<ArbiterMessage, { m: 'decided' }>>((resolve) => {
    members.tamper = (_from, _to, text) => {
      const read = readArbiterMessage(text)
      if (read.ok && read.value.m === 'decided') resolve(read.value)
      return text
    }
    members.of(C1A).bridge.onAsk({
      t: 'ask',
      request: 1,
      ask: { kind: 'order', order: { id: 'o1', node: C1C, cause: 'threshold', why: 'wrong results' }, bars: true },
    })
  })
  const { ballot, value } = decided.decided
  const proof = await signStatement('grant', { ...PAYLOADS.grant }, AUTHORITY.privateKey)
  const higher = { ballot: { ...ballot, counter: ballot.counter + 50 }, value: { ...value, proof } }
  const { registry } = value
  if (registry.status !== 'founded') throw new Error('not founded')
  // Signed, and of another grant than the one beside it.
  const lastGrant = { ...registry.lastGrant, nonce: 'another' }
  const paired = { ...higher, value: { ...value, registry: { ...registry, lastGrant } } }
  const forged: ArbiterMessage[] = [higher, paired].flatMap((accepted): ArbiterMessage[] => [
    { m: 'decided', decided: accepted },
    { m: 'promise', ballot: { ...ballot, counter: ballot.counter + 60 }, accepted, hearing: SILENT_HEARING },
    { m: 'accept', ballot: { ...accepted.ballot, node: C1A }, value: accepted.value, founding: false },
    { m: 'memory', life: 'x', promised: accepted.ballot, accepted },
  ])
  for (const message of forged) await members.of(C1B).bridge.onPeer(C1A, writeArbiterMessage(message))
  const refusals = forged.map(() => ({ from: C1A, code: 'PEER_SIGNATURE' }))
  expect(members.of(C1B).refused).toMatchObject(refusals)
  await known((view) => view.bars.includes(C1C), [C1B])
  expect(members.view(C1B)!.credential.grant).not.toBe(proof)
})

test('[MJ1] a node of another cluster, with another key, or that is no member is not listened to', async () => {
  await founded()
  const { bridge, refused } = members.of(C1A)
  const text = writeArbiterMessage({ m: 'recall', life: 'somebody/1' })
  await bridge.onPeer('c1-x' as NodeId, text)
  expect(refused.splice(0)).toMatchObject([{ from: 'c1-x', code: 'PEER_UNEXPECTED' }])
  // The link of the member itself has closed: another one in its name is no member's.
  bridge.linkClosed(C1C)
  members.link(C1A, C1C, { cluster: C2 })
  members.link(C1A, C1C, { key: OUTSIDER.publicKey })
  let answers = 0
  members.tamper = (from, to, said) => {
    if (from === C1A && to === C1C) answers += 1
    return said
  }
  await bridge.onPeer(C1C, text)
  expect([answers, refused]).toEqual([0, []])
})

test('[MJ1, PV2] a member on an older link counts as out of reach', async () => {
  await founded()
  const { bridge } = members.of(C1A)
  bridge.linkClosed(C1B)
  bridge.linkClosed(C1C)
  expect([bridge.up, bridge.why]).toEqual([false, expect.stringContaining('c1-b, c1-c cannot be reached')])
  members.link(C1A, C1B, {}, 3)
  expect(bridge.up).toBe(false)
  members.link(C1A, C1B)
  expect(bridge.up).toBe(true)
})

test('[MJ1, RG9] an order that the edge submits is recorded once, and answered; a repeat is answered at once', async () => {
  await founded()
  const member = members.of(C1A)
  const order = { id: 'o9', node: C1C, cause: 'threshold', why: 'wrong results' } as const
  const ask = (request: number, change: object = {}) =>
    member.bridge.onAsk({ t: 'ask', request, ask: { kind: 'order', order: { ...order, ...change }, bars: true } })
  ask(1)
  await untilTrue(() => asked(member).length === 1)
  ask(2)
  ask(3, { id: 'o10', node: 'c1-x' as NodeId })
  await untilTrue(() => asked(member).length === 3)
  expect(asked(member)).toMatchObject([
    { request: 1, outcome: { ok: true } },
    { request: 2, outcome: { ok: true } },
    { request: 3, outcome: { ok: false, code: 'UNKNOWN_NODE' } },
  ])
  await known((view) => view.bars.includes(C1C))
})

test('[MJ1, ID7] an operator’s act that the edge submits is judged by the members; the value that it left goes to the edge before the answer', async () => {
  await founded()
  const member = members.of(C1B)
  member.bridge.onUp(CONTROL_PROTOCOL.max)
  const pause = { act: 'pause', until: (Date.now() + 60_000) as never } as const
  const by = { authorization: await tokenOf('operator'), why: 'works on the power' }
  member.bridge.onAsk({ t: 'ask', request: 4, ask: { kind: 'operator', ...by, action: pause } })
  await untilTrue(() => asked(member).length === 1)
  expect(asked(member)).toMatchObject([
    { request: 4, outcome: { ok: true }, events: [{ event: 'paused', who: 'Ann at night' }] },
  ])
  const shown = member.toEdge.findIndex(
    (notice) => notice.t === 'mirror' && notice.value.includes('works on the power'),
  )
  expect(shown).toBeGreaterThan(-1)
  expect(shown).toBeLessThan(member.toEdge.findIndex(({ t }) => t === 'asked'))
  member.bridge.onAsk({ t: 'ask', request: 5, ask: { kind: 'operator', ...by, action: pause, against: 0 as Version } })
  await untilTrue(() => asked(member).length === 2)
  expect(asked(member)[1]).toMatchObject({ request: 5, outcome: { ok: false, code: 'STALE_VERSION' } })
})

test('[MJ1, ID7] the edge’s word that an operator has acted is nobody’s: without a token that allows it nothing is asked of the members', async () => {
  await founded()
  const member = members.of(C1B)
  const loss = { act: 'allow-data-loss', node: C1C } as const
  const tokens = [
    await tokenOf('operator'),
    await tokenOf('owner', {}, OUTSIDER),
    await tokenOf('owner', { expiresAt: 2 }),
  ]
  for (const [request, authorization] of tokens.entries()) {
    member.bridge.onAsk({ t: 'ask', request, ask: { kind: 'operator', authorization, why: 'quick', action: loss } })
  }
  await untilTrue(() => asked(member).length === tokens.length)
  const codes = new Map(asked(member).map(({ request, outcome }) => [request, outcome.ok ? 'ok' : outcome.code]))
  expect(codes).toEqual(
    new Map([
      [0, 'FORBIDDEN'],
      [1, 'UNAUTHENTICATED'],
      [2, 'UNAUTHENTICATED'],
    ]),
  )
  expect(member.events.filter(({ e }) => e === 'registry').map((event) => JSON.stringify(event))).not.toContain(
    'data-loss',
  )
})

test('[MJ1, ID8, RG9] a revoked master is marked and ordered away by its members, and stays marked when it is seen again', async () => {
  await founded()
  const { key } = members.of(C1A).certificate
  members.revocations.add({
    network: NETWORK,
    cluster: C1,
    id: 'stolen-1',
    subject: { kind: 'node', node: C1A, key },
    reason: 'stolen',
    at: 1 as never,
  })
  await known((view) => view.orders.some(({ node }) => node === C1A))
  expect(members.view(C1B)).toMatchObject({ bars: [C1A], master: C1A, orders: [{ id: `stolen-1:${C1A}` }] })
  const { version } = members.view(C1A)!
  for (let n = 0; n < 3; n++) {
    members.report(200 + n)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(members.view(C1A)!.version).toBe(version)
})

const SILENT_HEARING = { listeningMs: 0, reports: [], links: [], grantedMs: null, foreignSilence: null }

const NEW_KEY = await fixedKeyPair(81)
const NEW_KEY_OF_C: MemberKey = {
  ...PAYLOADS.memberKey,
  node: C1C,
  from: MEMBER_KEYS.get(C1C)!.publicKey,
  to: NEW_KEY.publicKey,
}

test('[MJ1] a lost host comes back with another key: it votes when all others have heard its owner and told it what they hold', async () => {
  await founded()
  members.end(C1C)
  await members.begin(C1C, undefined, NEW_KEY, [NEW_KEY_OF_C])
  for (const peer of [C1A, C1B]) {
    members.link(C1C, peer)
    members.link(peer, C1C)
  }
  members.tell(C1A, NEW_KEY_OF_C)
  await untilTrue(() => members.of(C1C).bridge.why.endsWith('it waits for c1-b'))
  expect(members.of(C1C).bridge.up).toBe(false)
  members.tell(C1B, NEW_KEY_OF_C)
  await untilTrue(() => members.of(C1C).bridge.up)
  await known((view) => view.members.some(({ certificate }) => certificate === members.of(C1C).certificateJws))
  members.end(C1A)
  await members.of(C1B).bridge.claim(9, claimOf(C1B))
  await untilTrue(() => replies(C1B).length > 0)
  expect(replies(C1B)).toMatchObject([{ outcome: { ok: true, state: { master: C1B, epoch: 2 } } }])
  const { credential } = members.view(C1B)!
  const told = withMemberKeys(TRUST, [NEW_KEY_OF_C])
  expect(await verifyCredential(told, credential)).toMatchObject({ ok: true, value: { node: C1B, epoch: 2 } })
  // Whoever has not heard of the new key believes no grant that rests on it.
  expect(await verifyCredential(TRUST, credential)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID' })
})

test('[MJ1] a member whose key was replaced is none from the word of its owner on, though its process and its link live', async () => {
  await founded()
  for (const node of [C1A, C1B]) members.tell(node, NEW_KEY_OF_C)
  members.end(C1A)
  expect(members.of(C1B).bridge.up).toBe(false)
  await members.of(C1B).bridge.claim(10, claimOf(C1B))
  await untilTrue(() => replies(C1B).length > 0)
  expect(replies(C1B)).toMatchObject([{ outcome: { ok: false, code: 'UNREACHABLE' } }])
  // Its process goes on by itself, and says what is wrong as soon as it hears of it.
  expect(members.of(C1C).bridge.up).toBe(true)
  members.tell(C1C, NEW_KEY_OF_C)
  const { up, why } = members.of(C1C).bridge
  expect([up, why]).toEqual([false, expect.stringContaining('has replaced the key of c1-c')])
})

test('[MJ1] no text of a member throws', async () => {
  await founded()
  const { bridge, refused } = members.of(C1A)
  for (const text of ['', '{', '{"m":"prepare"}', ' '.repeat(LIMITS.registerCharacters + 1)])
    await bridge.onPeer(C1B, text)
  expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'PEER_MALFORMED'))
})
