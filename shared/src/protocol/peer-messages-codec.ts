/** Every peer message as fields: one row per type, complete by its type. Numbers are the wire format and never change. */
import type { FieldReader } from '../codec/field-reader.ts'
import { hashToBytes } from '../codec/hash-bytes.ts'
import * as part from '../codec/wire-parts.ts'
import { LIMITS } from '../limits.ts'
import type { PeerMessage } from './peer.ts'

type Message<T extends PeerMessage['t']> = Extract<PeerMessage, { readonly t: T }>

export interface MessageFormat<M> {
  readonly number: number
  write(message: M): readonly unknown[]
  read(fields: FieldReader): M
}

const ROLES = ['follower', 'master'] as const
/** A reason is for people: better cut than refused by the receiver. */
const cut = (why: string) => why.slice(0, LIMITS.whyCharacters)
const CODE_CHARACTERS = 64
const PROGRAM_CHARACTERS = 64

export type PeerFormats = { readonly [T in PeerMessage['t']]: MessageFormat<Message<T>> }

export const PEER_MESSAGES: PeerFormats = {
  hello: {
    number: 1,
    write: (m) => [
      hashToBytes(m.genesis),
      m.protocol.min,
      m.protocol.max,
      m.credentials.map(part.writeCredential),
      m.apiAddress,
      m.program.slice(0, PROGRAM_CHARACTERS),
    ],
    read: (f) => ({
      t: 'hello',
      genesis: f.hash(),
      protocol: { min: f.count(), max: f.count() },
      credentials: f.list(LIMITS.clusters, (item) => item.array((c) => c.credential())),
      apiAddress: f.address(),
      program: f.text(PROGRAM_CHARACTERS),
    }),
  },
  heartbeat: {
    number: 2,
    write: (m) => [
      ...part.writeToken(m.token),
      ROLES.indexOf(m.role),
      m.stalled,
      m.durableIndex,
      m.height,
      m.heardMasterMs,
      m.priority,
      m.electable,
    ],
    read: (f) => ({
      t: 'heartbeat',
      token: f.token(),
      role: f.indexOf(ROLES),
      stalled: f.boolean(),
      durableIndex: f.logIndex(),
      height: f.count(),
      heardMasterMs: f.nullable(() => f.count()),
      priority: f.integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      electable: f.boolean(),
    }),
  },
  preVote: {
    number: 3,
    write: (m) => [...part.writeToken(m.token), m.attempt, m.durableIndex, m.lost],
    read: (f) => ({
      t: 'preVote',
      token: f.token(),
      attempt: f.count(),
      durableIndex: f.logIndex(),
      lost: f.boolean(),
    }),
  },
  preVoteAnswer: {
    number: 4,
    write: (m) => [...part.writeToken(m.token), m.attempt, m.granted, cut(m.why)],
    read: (f) => ({
      t: 'preVoteAnswer',
      token: f.token(),
      attempt: f.count(),
      granted: f.boolean(),
      why: f.text(LIMITS.whyCharacters),
    }),
  },
  handover: {
    number: 5,
    write: (m) => [...part.writeToken(m.token), m.resignation],
    read: (f) => ({ t: 'handover', token: f.token(), resignation: f.jws() }),
  },
  inform: {
    number: 6,
    write: (m) => [m.credentials.map(part.writeCredential)],
    read: (f) => ({
      t: 'inform',
      credentials: f.list(LIMITS.clusters, (item) => item.array((c) => c.credential())),
    }),
  },
  attach: {
    number: 7,
    write: (m) => [...part.writeToken(m.token), ...part.writePosition(m.base), m.tail.map(part.writeSpan), m.height],
    read: (f) => ({
      t: 'attach',
      token: f.token(),
      base: part.readPosition(f),
      tail: f.list(LIMITS.tailSpans, (item) => item.array(part.readSpan)),
      height: f.count(),
    }),
  },
  append: {
    number: 8,
    write: (m) => [...part.writeToken(m.token), ...part.writePosition(m.after), m.entries.map(part.writeEntry), m.held],
    read: (f) => ({
      t: 'append',
      token: f.token(),
      after: part.readPosition(f),
      entries: f.list(LIMITS.appendEntries, (item) => item.array(part.readEntry)),
      held: f.logIndex(),
    }),
  },
  appendAck: {
    number: 9,
    write: (m) => [...part.writeToken(m.token), ...part.writePosition(m.durable)],
    read: (f) => ({ t: 'appendAck', token: f.token(), durable: part.readPosition(f) }),
  },
  behind: {
    number: 10,
    write: (m) => [
      ...part.writeToken(m.token),
      ...part.writeToken(m.base.token),
      ...part.writePosition(m.base),
      m.height,
    ],
    read: (f) => ({
      t: 'behind',
      token: f.token(),
      base: { token: f.token(), ...part.readPosition(f) },
      height: f.count(),
    }),
  },
  proposal: {
    number: 11,
    write: (m) => [part.writeProposal(m.proposal), m.body],
    read: (f) => ({ t: 'proposal', proposal: f.array(part.readProposal), body: f.bytes(LIMITS.blockBytes) }),
  },
  vote: {
    number: 12,
    write: (m) => part.writeVote(m.vote),
    read: (f) => ({ t: 'vote', vote: part.readVote(f) }),
  },
  wantHeight: {
    number: 13,
    write: (m) => [m.height, m.round],
    read: (f) => ({ t: 'wantHeight', height: f.count(), round: f.count() }),
  },
  getBlocks: {
    number: 14,
    write: (m) => [m.request, m.from, m.to],
    read: (f) => ({ t: 'getBlocks', request: f.count(), from: f.count(), to: f.count() }),
  },
  blocks: {
    number: 15,
    write: (m) => [m.request, m.height, m.blocks.map(({ block, certificate }) => [block, certificate])],
    read: (f) => ({
      t: 'blocks',
      request: f.count(),
      height: f.count(),
      blocks: f.list(LIMITS.blockRange, (item) =>
        item.array((b) => ({ block: b.bytes(LIMITS.blockBytes), certificate: b.bytes(LIMITS.blockBytes) })),
      ),
    }),
  },
  transactions: {
    number: 16,
    write: (m) => [m.transactions],
    read: (f) => ({
      t: 'transactions',
      transactions: f.list(LIMITS.blockTransactions, (item) => item.bytes(LIMITS.transactionBytes)),
    }),
  },
  submit: {
    number: 17,
    write: (m) => [m.request, m.transaction],
    read: (f) => ({ t: 'submit', request: f.count(), transaction: f.bytes(LIMITS.transactionBytes) }),
  },
  submitResult: {
    number: 18,
    write: ({ request, outcome }) =>
      outcome.ok ? [request, true, outcome.receipt] : [request, false, outcome.code, cut(outcome.why), outcome.master],
    read: (f) => ({
      t: 'submitResult',
      request: f.count(),
      outcome: f.boolean()
        ? { ok: true, receipt: f.bytes(LIMITS.transactionBytes) }
        : {
            ok: false,
            code: f.text(CODE_CHARACTERS),
            why: f.text(LIMITS.whyCharacters),
            master: f.nullable(() => f.node()),
          },
    }),
  },
  relayClaim: {
    number: 19,
    write: (m) => [m.request, m.claim, m.certificate],
    read: (f) => ({ t: 'relayClaim', request: f.count(), claim: f.jws(), certificate: f.jws() }),
  },
  relayReply: {
    number: 20,
    write: (m) => [m.request, m.reply],
    read: (f) => ({ t: 'relayReply', request: f.count(), reply: f.text(LIMITS.controlFrameBytes) }),
  },
  epochAck: {
    number: 21,
    write: (m) => [m.cluster, ...part.writeToken(m.token), m.height],
    read: (f) => ({ t: 'epochAck', cluster: f.cluster(), token: f.token(), height: f.count() }),
  },
  wantBlock: {
    number: 22,
    write: (m) => [m.height],
    read: (f) => ({ t: 'wantBlock', height: f.count() }),
  },
  legacy: {
    number: 23,
    write: (m) => [
      ...part.writeToken(m.token),
      m.crossed === null ? null : part.writeToken(m.crossed),
      ...part.writeToken(m.lastToken),
      m.height,
      m.first,
      ...part.writePosition(m.after),
      m.entries.map(part.writeEntry),
      m.last,
    ],
    read: (f) => ({
      t: 'legacy',
      token: f.token(),
      crossed: f.nullable(() => f.array((token) => token.token())),
      lastToken: f.token(),
      height: f.count(),
      first: f.boolean(),
      after: part.readPosition(f),
      entries: f.list(LIMITS.appendEntries, (item) => item.array(part.readEntry)),
      last: f.boolean(),
    }),
  },
  legacyAck: {
    number: 24,
    write: (m) => [...part.writeToken(m.token), m.index, m.done],
    read: (f) => ({ t: 'legacyAck', token: f.token(), index: f.logIndex(), done: f.boolean() }),
  },
  roster: {
    number: 25,
    write: (m) => [m.nodes.map(({ node, address }) => [node, address]), m.notices],
    read: (f) => ({
      t: 'roster',
      nodes: f.list(LIMITS.nodesPerCluster, (item) => item.array((n) => ({ node: n.node(), address: n.address() }))),
      notices: f.list(LIMITS.notices, (item) => item.jws()),
    }),
  },
  syncSet: {
    number: 26,
    write: (m) => [m.statement],
    read: (f) => ({ t: 'syncSet', statement: f.jws() }),
  },
  arbiter: {
    number: 27,
    write: (m) => [m.message],
    read: (f) => ({ t: 'arbiter', message: f.text(LIMITS.registerCharacters) }),
  },
  executed: {
    number: 28,
    write: (m) => [m.height, hashToBytes(m.result)],
    read: (f) => ({ t: 'executed', height: f.height(), result: f.hash() }),
  },
}
