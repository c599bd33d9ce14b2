/** Any message that a correct node could send. */
import { RECORD_KINDS } from '@baton/shared/codec/log-entry'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import fc, { type Arbitrary } from 'fast-check'

const branded = <T>(arbitrary: Arbitrary<unknown>) => arbitrary as Arbitrary<T>
const any = <T>(shape: { [K in keyof T]: Arbitrary<unknown> }) => branded<T>(fc.record(shape as never))
type Of<T extends PeerMessage['t']> = Extract<PeerMessage, { readonly t: T }>

const count = fc.oneof(fc.nat(300), fc.maxSafeNat())
const bytes = fc.uint8Array({ maxLength: 300 })
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const hash = exactly(32).map((value) => Buffer.from(value).toString('hex'))
const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
/** Printable: it is shown to clients in a header. */
const address = fc.stringMatching(/^[!-~]{0,40}$/)
const jws = fc.stringMatching(/^[\w-]{1,20}\.[\w-]{1,20}\.[\w-]{1,20}$/)
const token = fc.record({ generation: count, epoch: count })
const credential = fc.record({ grant: jws, certificate: jws })
const position = fc.record({ index: count, hash })
const list = (item: Arbitrary<unknown>) => fc.array(item, { maxLength: 5 })
const own = { cluster: name, generation: count, epoch: count, height: count, round: count, signature: exactly(64) }
const entry = fc.record({
  index: count,
  token,
  kind: fc.constantFrom(...RECORD_KINDS),
  body: bytes,
  previous: hash,
  hash,
})

export const PEER_ARBITRARIES: { readonly [T in PeerMessage['t']]: Arbitrary<Of<T>> } = {
  hello: any<Of<'hello'>>({
    t: fc.constant('hello'),
    genesis: hash,
    protocol: fc.record({ min: count, max: count }),
    credentials: list(credential),
    apiAddress: address,
    program: fc.string({ maxLength: 64 }),
  }),
  heartbeat: any<Of<'heartbeat'>>({
    t: fc.constant('heartbeat'),
    token,
    role: fc.constantFrom('master', 'follower'),
    stalled: fc.boolean(),
    durableIndex: count,
    height: count,
    heardMasterMs: fc.option(count),
    priority: fc.maxSafeInteger(),
    electable: fc.boolean(),
  }),
  preVote: any<Of<'preVote'>>({
    t: fc.constant('preVote'),
    token,
    attempt: count,
    durableIndex: count,
    lost: fc.boolean(),
  }),
  preVoteAnswer: any<Of<'preVoteAnswer'>>({
    t: fc.constant('preVoteAnswer'),
    token,
    attempt: count,
    granted: fc.boolean(),
    why: text,
  }),
  handover: any<Of<'handover'>>({ t: fc.constant('handover'), token, resignation: jws }),
  inform: any<Of<'inform'>>({ t: fc.constant('inform'), credentials: list(credential) }),
  attach: any<Of<'attach'>>({
    t: fc.constant('attach'),
    token,
    base: position,
    tail: list(fc.record({ token, barrier: hash, last: position })),
    height: count,
  }),
  append: any<Of<'append'>>({ t: fc.constant('append'), token, after: position, entries: list(entry), held: count }),
  appendAck: any<Of<'appendAck'>>({ t: fc.constant('appendAck'), token, durable: position }),
  behind: any<Of<'behind'>>({
    t: fc.constant('behind'),
    token,
    base: fc.record({ token, index: count, hash }),
    height: count,
  }),
  proposal: any<Of<'proposal'>>({
    t: fc.constant('proposal'),
    proposal: fc.record({ ...own, validRound: fc.oneof(fc.constant(-1), count), block: hash }),
    body: bytes,
  }),
  vote: any<Of<'vote'>>({
    t: fc.constant('vote'),
    vote: fc.record({ ...own, type: fc.constantFrom('prevote', 'precommit'), block: fc.option(hash) }),
  }),
  wantHeight: any<Of<'wantHeight'>>({ t: fc.constant('wantHeight'), height: count, round: count }),
  getBlocks: any<Of<'getBlocks'>>({ t: fc.constant('getBlocks'), request: count, from: count, to: count }),
  blocks: any<Of<'blocks'>>({
    t: fc.constant('blocks'),
    request: count,
    height: count,
    blocks: list(fc.record({ block: bytes, certificate: bytes })),
  }),
  transactions: any<Of<'transactions'>>({ t: fc.constant('transactions'), transactions: list(bytes) }),
  submit: any<Of<'submit'>>({ t: fc.constant('submit'), request: count, transaction: bytes }),
  submitResult: any<Of<'submitResult'>>({
    t: fc.constant('submitResult'),
    request: count,
    outcome: fc.oneof(
      fc.record({ ok: fc.constant(true), receipt: bytes }),
      fc.record({ ok: fc.constant(false), code: name, why: text, master: fc.option(name) }),
    ),
  }),
  relayClaim: any<Of<'relayClaim'>>({ t: fc.constant('relayClaim'), request: count, claim: jws, certificate: jws }),
  relayReply: any<Of<'relayReply'>>({ t: fc.constant('relayReply'), request: count, reply: text }),
  roster: any<Of<'roster'>>({
    t: fc.constant('roster'),
    nodes: fc.array(fc.record({ node: name, address }), { maxLength: 5 }),
    notices: fc.array(jws, { maxLength: 5 }),
  }),
  syncSet: any<Of<'syncSet'>>({ t: fc.constant('syncSet'), statement: jws }),
  executed: any<Of<'executed'>>({ t: fc.constant('executed'), height: count, result: hash }),
  arbiter: any<Of<'arbiter'>>({ t: fc.constant('arbiter'), message: fc.string({ maxLength: 256 }) }),
  epochAck: any<Of<'epochAck'>>({ t: fc.constant('epochAck'), cluster: name, token, height: count }),
  wantBlock: any<Of<'wantBlock'>>({ t: fc.constant('wantBlock'), height: count }),
  legacy: any<Of<'legacy'>>({
    t: fc.constant('legacy'),
    token,
    crossed: fc.option(token),
    lastToken: token,
    height: count,
    first: fc.boolean(),
    after: position,
    entries: list(entry),
    last: fc.boolean(),
  }),
  legacyAck: any<Of<'legacyAck'>>({ t: fc.constant('legacyAck'), token, index: count, done: fc.boolean() }),
}

export const peerMessage: Arbitrary<PeerMessage> = fc.oneof(...Object.values(PEER_ARBITRARIES))
