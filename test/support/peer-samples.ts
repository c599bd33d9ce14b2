/** One message of every type on the peer link, with fixed content. */
import type { LogEntry, LogPosition } from '@baton/shared/core/guard/types'
import type { Epoch, Generation, Hash, Height, Jws, LogIndex, Round } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { C1, C1B, HASH_A, HASH_B, OPAQUE_JWS } from './fixed-network.ts'

const token = { generation: 0 as Generation, epoch: 3 as Epoch }
const credential = { grant: OPAQUE_JWS, certificate: OPAQUE_JWS }
const signature = new Uint8Array(64).fill(7)
const HASH_C = 'cc'.repeat(32) as Hash
const at = (index: number, hash: Hash): LogPosition => ({ index: index as LogIndex, hash })
const entry: LogEntry = {
  index: 42 as LogIndex,
  token,
  kind: 'vote',
  body: Uint8Array.of(1, 2, 3),
  previous: HASH_A,
  hash: HASH_B,
}
const own = { cluster: C1, ...token, height: 9 as Height, round: 1 as Round }

export const PEER_SAMPLES: { readonly [T in PeerMessage['t']]: Extract<PeerMessage, { readonly t: T }> } = {
  hello: {
    t: 'hello',
    genesis: HASH_A,
    protocol: { min: 1, max: 1 },
    credentials: [credential],
    apiAddress: 'http://127.0.0.1:8001',
    program: '0.1.0',
  },
  heartbeat: {
    t: 'heartbeat',
    token,
    role: 'master',
    stalled: false,
    durableIndex: 41 as LogIndex,
    height: 8,
    heardMasterMs: null,
    priority: -5,
    electable: true,
  },
  preVote: { t: 'preVote', token, attempt: 2, durableIndex: 41 as LogIndex, lost: false },
  preVoteAnswer: { t: 'preVoteAnswer', token, attempt: 2, granted: false, why: 'the master is heard' },
  handover: { t: 'handover', token, resignation: OPAQUE_JWS },
  inform: { t: 'inform', credentials: [credential] },
  attach: {
    t: 'attach',
    token,
    base: at(30, HASH_A),
    tail: [{ token, barrier: HASH_C, last: at(41, HASH_B) }],
    height: 8,
  },
  append: { t: 'append', token, after: at(41, HASH_A), entries: [entry], held: 40 as LogIndex },
  appendAck: { t: 'appendAck', token, durable: at(42, HASH_B) },
  behind: { t: 'behind', token, base: { token, ...at(30, HASH_A) }, height: 8 },
  proposal: { t: 'proposal', proposal: { ...own, validRound: -1, block: HASH_A, signature }, body: Uint8Array.of(9) },
  vote: { t: 'vote', vote: { ...own, type: 'precommit', block: null, signature } },
  wantHeight: { t: 'wantHeight', height: 9, round: 1 },
  getBlocks: { t: 'getBlocks', request: 5, from: 1, to: 64 },
  blocks: { t: 'blocks', request: 5, height: 9, blocks: [{ block: Uint8Array.of(1), certificate: Uint8Array.of(2) }] },
  transactions: { t: 'transactions', transactions: [Uint8Array.of(1), Uint8Array.of(2)] },
  submit: { t: 'submit', request: 6, transaction: Uint8Array.of(1) },
  submitResult: {
    t: 'submitResult',
    request: 6,
    outcome: { ok: false, code: 'NOT_MASTER', why: 'c1-b has taken over', master: C1B },
  },
  relayClaim: { t: 'relayClaim', request: 7, claim: 'YQ.Yg.Yw' as Jws, certificate: 'ZA.ZQ.Zg' as Jws },
  relayReply: { t: 'relayReply', request: 7, reply: '{"t":"reply"}' },
  roster: { t: 'roster', nodes: [{ node: C1B, address: '127.0.0.1:7001' }], notices: ['YQ.Yg.Yw' as Jws] },
  syncSet: { t: 'syncSet', statement: OPAQUE_JWS },
  executed: { t: 'executed', height: 7 as Height, result: HASH_A },
  arbiter: { t: 'arbiter', message: '{"m":"recall","life":"c1-b/1"}' },
  epochAck: { t: 'epochAck', cluster: C1, token, height: 9 },
  wantBlock: { t: 'wantBlock', height: 9 },
  legacy: {
    t: 'legacy',
    token,
    crossed: null,
    lastToken: token,
    height: 8,
    first: true,
    after: at(41, HASH_A),
    entries: [entry],
    last: true,
  },
  legacyAck: { t: 'legacyAck', token, index: 42 as LogIndex, done: true },
}
