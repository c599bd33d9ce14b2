/**
 * What the edge submits to the members of a majority, spoilt at random, by whoever holds its key: a real member answers each ask once, says what no
 * peer and no edge has to refuse, and none of its process, its peers and their disks is the worse for it.
 */
import type { OperatorAction } from '@baton/shared/core/registry/messages'
import { isErrorCode } from '@baton/shared/errors'
import type { Jws, NodeId, UnixMs } from '@baton/shared/ids'
import { readArbiterMessage } from '@baton/shared/protocol/arbiter/messages'
import { CONTROL_PROTOCOL, type EdgeAsk, type FromAuthority } from '@baton/shared/protocol/control'
import { parseFromAuthority, parseToAuthority } from '@baton/shared/protocol/control-schemas'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { C1A, C1B } from '../../../support/fixed-network.ts'
import { times } from '../../../support/long.ts'
import { C1C } from '../../../support/majority-members.ts'
import { everyExchange, jsonWay, mutateJson, mutateText, mutations } from '../../../support/mutations.ts'
import { untilTrue } from '../../../support/until-true.ts'
import { asked, NAMES, RealMembers, tokenOf } from './real-members.ts'

const BOUND_MS = 20_000
const HOUR_MS = 3_600_000

type Ask = Extract<FromAuthority, { readonly t: 'ask' }>
type Silence = Extract<FromAuthority, { readonly t: 'foreignSilence' }>
/** A register is never restored: the edge cannot even ask for it. */
type Act = Exclude<OperatorAction['act'], 'freeze' | 'raise-generation' | 'accept-incomplete-restore'>

const AGAINST_C: { readonly node: NodeId } = { node: C1C }
/** One that is taken in, of each; `id` is a new one. */
const ACTIONS: { readonly [Name in Act]: (id: string) => Extract<OperatorAction, { readonly act: Name }> } = {
  order: (id) => ({ act: 'order', id, ...AGAINST_C }),
  evict: (id) => ({ act: 'evict', id, ...AGAINST_C }),
  clear: () => ({ act: 'clear', ...AGAINST_C }),
  switchover: (id) => ({ act: 'switchover', id, to: C1B, at: (Date.now() + HOUR_MS) as UnixMs }),
  'cancel-switchover': () => ({ act: 'cancel-switchover' }),
  pause: () => ({ act: 'pause', until: (Date.now() + HOUR_MS) as UnixMs }),
  resume: () => ({ act: 'resume' }),
  'confirm-fenced': () => ({ act: 'confirm-fenced' }),
  'allow-data-loss': () => ({ act: 'allow-data-loss', ...AGAINST_C }),
  'end-recovery': () => ({ act: 'end-recovery' }),
}
const ACTS = Object.keys(ACTIONS) as Act[]

let members: RealMembers
let authorization: Jws
/** Every text that C1B has said to another member. */
const said: string[] = []

beforeAll(async () => {
  members = await RealMembers.start()
  await members.found()
  authorization = await tokenOf('owner')
  members.of(C1B).bridge.onUp(CONTROL_PROTOCOL.max)
  members.tamper = (from, _to, text) => {
    if (from === C1B) said.push(text)
    return text
  }
})
afterAll(() => members.stop())

let number = 0
function askOf(kind: 'directory' | Act, token: string = authorization): Ask {
  number += 1
  const id = `id-${number}`
  const order = { id, ...AGAINST_C, cause: 'threshold', why: 'wrong results' } as const
  const ask: EdgeAsk =
    kind === 'directory'
      ? { kind: 'order', order, bars: true }
      : { kind: 'operator', authorization: token as Jws, why: 'works on the power', action: ACTIONS[kind](id) }
  return { t: 'ask', request: number, ask }
}

const versionAt = (node: NodeId) => members.of(node).bridge.desk.status().state?.version

/** What C1B answers to it: the next answer, and of this request. */
async function answerTo(frame: Ask) {
  const member = members.of(C1B)
  const before = asked(member).length
  member.bridge.onAsk(frame)
  await untilTrue(() => asked(member).length > before, BOUND_MS, 1)
  const [answer, ...more] = asked(member).slice(before)
  expect([answer?.request, more]).toEqual([frame.request, []])
  return answer!.outcome
}

/** No process has ended, no member had anything to refuse, and the edge can read what it is told. */
function expectSound(): void {
  for (const node of NAMES) {
    const { failures, refused, toEdge } = members.of(node)
    expect([node, failures, refused.splice(0)]).toEqual([node, [], []])
    for (const notice of toEdge.splice(0)) {
      const read = parseToAuthority(JSON.stringify(notice))
      expect(read.ok || `${read.why}: ${JSON.stringify(notice)}`).toBe(true)
    }
  }
}

test.each<'directory' | Act>(['directory', ...ACTS])(
  '[MJ1, ID4] ask of %s: a sound one is taken in; one that is spoilt is answered once, with a code, and ends nothing',
  async (kind) => {
    const sound = askOf(kind)
    // The edge asks again when it has not heard the answer. The votes of this cluster carry its epoch: there is nothing to confirm.
    const fits = kind === 'confirm-fenced' ? expect.objectContaining({ code: 'BAD_REQUEST' }) : { ok: true }
    for (const again of [sound, sound]) expect(await answerTo(again)).toEqual(fits)
    // Of a new one each time: what is asked for again is not judged again.
    for (const at of everyExchange(sound).keys()) await expectJudged(JSON.stringify(everyExchange(askOf(kind))[at]))
    const property = fc.asyncProperty(fc.option(jsonWay), mutations, async (way, changes) => {
      const token = mutateText(authorization, changes)
      await expectJudged(way === null ? JSON.stringify(askOf(kind, token)) : mutateJson(askOf(kind), way, changes))
    })
    await fc.assert(property, { numRuns: times(150, 60) })
  },
)

/** As a frame it is refused, or answered; a token that the owner has not signed changes nothing. */
async function expectJudged(text: string): Promise<void> {
  const frame = parseFromAuthority(text)
  if (!frame.ok) {
    expect(['PEER_MALFORMED', 'BODY_TOO_LARGE']).toContain(frame.code)
    return
  }
  if (frame.value.t !== 'ask') return
  const { ask } = frame.value
  const version = versionAt(C1B)
  const outcome = await answerTo(frame.value)
  if (!outcome.ok) {
    expect([isErrorCode(outcome.code), outcome.code]).toEqual([true, expect.not.stringMatching(/^INTERNAL$/)])
  }
  if (ask.kind === 'operator' && ask.authorization !== authorization) {
    expect(outcome).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
    expect(versionAt(C1B)).toBe(version)
  }
  expectSound()
}

/** What was last told of votes elsewhere, by C1B, with a promise. */
function silenceTold(): unknown {
  for (const text of said.toReversed()) {
    const read = readArbiterMessage(text)
    if (read.ok && read.value.m === 'promise') return read.value.hearing.foreignSilence
  }
  return undefined
}

test('[MJ1, RG6] what the directory knows of votes elsewhere is told to the others as it came; spoilt, it makes no promise that they refuse', async () => {
  const sound: Silence = { t: 'foreignSilence', reporters: 2, clusters: 4, silentForMs: 900 }
  const tell = async ({ t: _, ...silence }: Silence) => {
    members.of(C1B).bridge.onForeignSilence(silence)
    said.length = 0
    const { generation, epoch } = members.view(C1A)!
    // C1A asks everybody, and its master is confirmed on what they tell.
    await members.of(C1A).bridge.confirm({ generation, epoch })
    await untilTrue(() => silenceTold() !== undefined, BOUND_MS, 1)
    expect(silenceTold()).toEqual({ ...silence, ageMs: expect.any(Number) })
  }
  await tell(sound)
  const property = fc.asyncProperty(jsonWay, mutations, async (way, changes) => {
    const frame = parseFromAuthority(mutateJson(sound, way, changes))
    if (!frame.ok) expect(['PEER_MALFORMED', 'BODY_TOO_LARGE']).toContain(frame.code)
    else if (frame.value.t === 'foreignSilence') await tell(frame.value)
    expectSound()
  })
  await fc.assert(property, { numRuns: times(200, 80) })
})

test('[MJ1] after all of that each member reads its disk, and knows what was decided', async () => {
  const version = versionAt(C1B)!
  await members.restart()
  await members.known((view) => view.version >= version)
  expect(await answerTo(askOf('resume'))).toEqual({ ok: true })
  expectSound()
})
