/**
 * What members of a majority really say to each other, spoilt at random, by one whose key and host are stolen: given to real members, with real keys
 * and disks. It may spoil what they decide; it ends nobody's process, now or at its next start.
 */
import { TRANSITIONS } from '@baton/shared/core/arbiter/machine'
import type { ArbiterMessage } from '@baton/shared/core/arbiter/messages'
import { isErrorCode } from '@baton/shared/errors'
import type { Epoch, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { writeArbiterMessage } from '@baton/shared/protocol/arbiter/messages'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { C1A, C1B } from '../../../support/fixed-network.ts'
import { forge, payloadIn } from '../../../support/forge.ts'
import { times } from '../../../support/long.ts'
import { C1C, MEMBER_KEYS } from '../../../support/majority-members.ts'
import {
  exchangeLeaves,
  jsonWay,
  type Mutation,
  mutateJson,
  mutateText,
  mutations,
} from '../../../support/mutations.ts'
import { untilTrue } from '../../../support/until-true.ts'
import { asked, NAMES, RealMembers, tokenOf } from './real-members.ts'

type Kind = ArbiterMessage['m']
const KINDS = Object.keys(TRANSITIONS.seated) as Kind[]
const BOUND_MS = 20_000

/** What was said while a cluster was founded, reshaped, failed over and got a lost member back, by kind. */
const said = new Map<Kind, string[]>(KINDS.map((kind) => [kind, []]))

const kindOf = (text: string) => (JSON.parse(text) as { readonly m: Kind }).m
const token = await tokenOf('owner')
let members: RealMembers
let number = 0

async function founded(): Promise<RealMembers> {
  members = await RealMembers.start()
  await members.found()
  return members
}

/** It begins without a disk, and asks the others what they hold. */
async function reseat(node: NodeId): Promise<void> {
  await members.begin(node)
  for (const peer of NAMES) {
    if (peer === node) continue
    members.link(node, peer)
    members.link(peer, node)
  }
}

const isReseated = (node: NodeId) => members.of(node).events.some(({ e }) => e === 'reseated')

/** For something that all of them have to agree on. */
function ask(node: NodeId): number {
  number += 1
  const action = { act: 'allow-data-loss', node: C1C } as const
  members.of(node).bridge.onAsk({
    t: 'ask',
    request: number,
    ask: { kind: 'operator', authorization: token, why: 'its disk is lost', action },
  })
  return number
}

/** Whether it was agreed on. */
async function act(node: NodeId): Promise<boolean> {
  const request = ask(node)
  const answer = () => asked(members.of(node)).find((each) => each.request === request)
  await untilTrue(() => answer() !== undefined, BOUND_MS, 1)
  const { outcome } = answer()!
  expect(outcome.ok || isForeseen(outcome.code)).toBe(true)
  return outcome.ok
}

const isForeseen = (code: unknown) => isErrorCode(code) && code !== 'INTERNAL'

/** Nobody's process has ended, whatever was refused was foreseen, and operators can look at what is known. */
function expectAlive(): void {
  for (const node of NAMES) {
    const { failures, refused, bridge } = members.of(node)
    if (bridge.desk.status().state !== null) bridge.desk.explain()
    expect([node, failures, refused.splice(0).filter(({ code }) => !isForeseen(code))]).toEqual([node, [], []])
  }
}

/** Each of them ends, and reads its disk. */
async function expectDisks(): Promise<void> {
  await members.restart()
  expectAlive()
  members.stop()
}

beforeAll(async () => {
  members = await RealMembers.start()
  members.tamper = (_from, _to, text) => {
    said.get(kindOf(text))!.push(text)
    return text
  }
  await members.found()
  // Two at once: one of them meets a higher ballot.
  expect(await Promise.all([act(C1B), act(C1C)])).toEqual([true, true])
  // A claim of whoever has not heard of the later one would be of an old version.
  const newest = () => Math.max(...NAMES.map((node) => members.view(node)!.version))
  await members.known(({ version }) => version === newest())
  members.end(C1A)
  await members.of(C1B).bridge.claim(1, members.claimOf(C1B))
  await untilTrue(() => members.replies(C1B).length > 0, BOUND_MS)
  expect(members.replies(C1B)).toMatchObject([{ outcome: { ok: true, state: { master: C1B, epoch: 2 } } }])
  await reseat(C1A)
  await untilTrue(() => isReseated(C1A), BOUND_MS)
  await members.known((view) => view.epoch === 2)
  members.stop()
})
afterAll(() => members.stop())

test('[MJ1] every message of a member has been said', () => {
  for (const [kind, texts] of said) expect(texts.length, kind).toBeGreaterThan(0)
})

test.each(KINDS)(
  '[MJ1, API2] %s: a spoilt one, whenever and to whomever it comes, throws nothing, ends nobody and leaves a disk that reads',
  async (kind) => {
    await founded()
    const texts = said.get(kind)!
    const way = fc.record({ sample: fc.nat(), to: fc.nat(2), from: fc.nat(1), way: jsonWay })
    const property = fc.asyncProperty(way, mutations, async ({ sample, to, from, way }, changes) => {
      const node = NAMES[to]!
      const others = NAMES.filter((other) => other !== node)
      const sound: unknown = JSON.parse(texts[sample % texts.length]!)
      await members.hear(node, others[from]!, mutateJson(sound, way, changes))
      expectAlive()
    })
    await fc.assert(property, { numRuns: times(400, 60) })
    // Whatever they hold by now, they act on it.
    await Promise.all(NAMES.map((node) => act(node)))
    await expectDisks()
  },
)

/** What counts only for whoever waits for it; a vote is `accepted` with the signature of a grant. */
const ANSWERS = ['promise', 'accepted', 'vote', 'refused', 'memory'] as const

/** C1A asks the others, of whom it hears only what is given to it: what they answer is kept. */
class Waiting {
  readonly #kind: (typeof ANSWERS)[number]
  readonly kept = new Map<NodeId, string>()
  #request = 0

  constructor(kind: (typeof ANSWERS)[number]) {
    this.#kind = kind
    members.tamper = (from, to, text) => {
      const message = JSON.parse(text) as ArbiterMessage
      if (kind === 'refused' && from === C1A && message.m === 'prepare') {
        const { ballot } = message
        const promised = { counter: ballot.counter + 1, node: to }
        this.kept.set(to, JSON.stringify({ m: 'refused', ballot, promised }))
        return null
      }
      if (to !== C1A || message.m !== (kind === 'vote' ? 'accepted' : kind)) return text
      this.kept.set(from, text)
      return null
    }
  }

  /** Asks, unless it waits already. */
  async begin(): Promise<void> {
    if (this.kept.size === 2 && !this.#isOver()) return
    this.kept.clear()
    if (this.#kind === 'memory') await this.#loseDisk()
    else if (this.#kind === 'vote') await this.#claim()
    else this.#request = ask(C1A)
    await untilTrue(() => this.kept.size === 2, BOUND_MS, 1)
  }

  #isOver(): boolean {
    const { events } = members.of(C1A)
    if (this.#kind === 'memory') return events.some(({ e }) => e === 'reseated' || e === 'fresh')
    const answered = this.#kind === 'vote' ? members.replies(C1A) : asked(members.of(C1A))
    return answered.some(({ request }) => request === this.#request)
  }

  /** The master claims anew: that needs nobody's leave, and signatures. */
  async #claim(): Promise<void> {
    const { state } = members.of(C1A).bridge.desk.status()
    const { epoch, version } = state!
    this.#request = ++number
    const claim = { ...members.claimOf(C1A), epoch: (epoch + 1) as Epoch, version, evidence: { kind: 'own' } } as const
    await members.of(C1A).bridge.claim(this.#request, claim)
  }

  async #loseDisk(): Promise<void> {
    const { folder } = members.of(C1A)
    members.end(C1A)
    // What it was made to hold reads, before it is gone.
    await members.begin(C1A, folder)
    members.end(C1A)
    await reseat(C1A)
  }
}

type Vote = Extract<ArbiterMessage, { readonly m: 'accepted' }>

/** With its own key it signs something else than it was asked to, or what it has signed is spoilt; null: it has signed nothing. */
async function signedAnew(from: NodeId, vote: Vote, changes: readonly Mutation[]): Promise<Vote | null> {
  const { signature } = vote
  if (signature === null) return null
  if (changes[0]!.op === 'nudge') return { ...vote, signature: mutateText(signature, changes) }
  const payload = exchangeLeaves(payloadIn(signature), changes)
  return { ...vote, signature: await forge('grantVote', payload, MEMBER_KEYS.get(from)!) }
}

test.each(ANSWERS)(
  '[MJ1, API2] %s: a spoilt one to a member that waits for it ends nobody, and leaves a disk that reads',
  async (kind) => {
    await founded()
    const waiting = new Waiting(kind)
    const way = fc.record({ from: fc.constantFrom(C1B, C1C), way: jsonWay, signs: fc.boolean() })
    const property = fc.asyncProperty(way, mutations, async ({ from, way, signs }, changes) => {
      await waiting.begin()
      const sound = JSON.parse(waiting.kept.get(from)!) as ArbiterMessage
      const signed = signs && sound.m === 'accepted' ? await signedAnew(from, sound, changes) : null
      await members.hear(C1A, from, signed === null ? mutateJson(sound, way, changes) : writeArbiterMessage(signed))
      expectAlive()
    })
    await fc.assert(property, { numRuns: times(150, 50) })
    await expectDisks()
  },
)

/** What a member of a newer version may have put into a registry, and a liar makes of it: each fills the room that is left. */
const FIELDS = {
  'deeper than a stack': (room: number) => `${'['.repeat(room / 2)}${']'.repeat(room / 2)}`,
  'as long as a text may be': (room: number) => JSON.stringify('x'.repeat(room - 2)),
  'longer when it is written': (room: number) => `[${Array.from({ length: (room - 1) / 5 }, () => '1e20').join()}]`,
} as const
type Field = keyof typeof FIELDS

/** What it tells as if nobody held anything newer. */
function newest(message: ArbiterMessage): ArbiterMessage {
  if (message.m === 'promise' && message.accepted !== null) {
    const ballot = { ...message.ballot, node: 'a' as NodeId }
    return { ...message, accepted: { ...message.accepted, ballot } }
  }
  if (message.m === 'memory' && message.accepted !== null) {
    const ballot = { counter: message.accepted.ballot.counter + 9, node: C1C }
    return { ...message, promised: ballot, accepted: { ...message.accepted, ballot } }
  }
  return message
}

const WITH_VALUE = ['promise', 'accept', 'decided', 'memory'] as const

test.each(WITH_VALUE.flatMap((kind) => (Object.keys(FIELDS) as Field[]).map((field) => [kind, field] as const)))(
  '[MJ1, PV2] %s: a registry with a field that nobody knows, %s, ends nobody, and leaves a disk that reads',
  async (kind, field) => {
    await founded()
    const registry = '"registry":{'
    const kept = new Map<NodeId, string>()
    // Of the liar only what it lies with is heard; who waits for a promise has that of nobody else.
    members.tamper = (from, to, text) => {
      if (kindOf(text) !== kind) return text
      if (from === C1C) kept.set(to, text)
      return from === C1C || kind === 'promise' ? null : text
    }
    if (kind === 'memory') {
      members.end(C1B)
      await reseat(C1B)
      await untilTrue(() => members.of(C1B).bridge.why.endsWith('waits for c1-c'), BOUND_MS, 1)
    } else ask(kind === 'promise' ? C1A : C1C)
    await untilTrue(() => kept.size > 0, BOUND_MS, 1)
    for (const [to, sound] of kept) {
      const text = JSON.stringify(newest(JSON.parse(sound) as ArbiterMessage))
      const room = Math.floor(LIMITS.registerCharacters - text.length - '"later":,'.length)
      await members.hear(to, C1C, text.replace(registry, `${registry}"later":${FIELDS[field](room)},`))
    }
    expectAlive()
    await expectDisks()
  },
)
