import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Action } from '@baton/shared/core/ledger/types'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CASES, selectCases } from '../../../node-runtime/src/demo/cases/index.ts'
import { inRounds, openInput } from '../../../node-runtime/src/demo/input.ts'
import { checkEnough, reserveDuring, roundsFor } from '../../../node-runtime/src/demo/input-shares.ts'
import { Load } from '../../../node-runtime/src/demo/load.ts'
import { untilTrue } from '../../support/until-true.ts'

let folder: string
let file: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-input-'))
  file = join(folder, 'input.jsonl')
  const puts = [0, 1].map((ifVersion) => ({ put: { key: 'a', value: String(ifVersion), ifVersion } }))
  writeFileSync(file, puts.map((put) => `${JSON.stringify(put)}\n`).join(''))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function all(actions: AsyncIterable<Action>): Promise<Action[]> {
  const list: Action[] = []
  for await (const action of actions) list.push(action)
  return list
}

test('the first round is the input as it is; each later one is about other records, which begin anew', async () => {
  const once = await openInput(file, folder)
  const thrice = inRounds(once, 3)
  expect([once.count, thrice.count, inRounds(once, Number.POSITIVE_INFINITY).count]).toEqual([2, 6, Infinity])
  const actions = await all(thrice.actions())
  expect(actions.slice(0, 2)).toEqual(await all(once.actions()))
  expect(actions.map((action) => (action.kind === 'put' ? [action.key, action.ifVersion] : null))).toEqual([
    ['a', 0],
    ['a', 1],
    ['a/round-2', 0],
    ['a/round-2', 1],
    ['a/round-3', 0],
    ['a/round-3', 1],
  ])
})

test('a load is held when only the reserve is left, until the pace changes', async () => {
  const input = inRounds(await openInput(file, folder), 2)
  const receipt = { ok: true, id: 'a', height: 1, index: 0 } as never
  const load = new Load(input, async () => receipt, { inFlightMax: 1, journalFile: join(folder, 'acknowledged.jsonl') })
  load.setPace({ perSecond: Number.POSITIVE_INFINITY, reserve: 1 })
  expect(load.held).toBe(false)
  const done = load.run()
  await untilTrue(() => load.held, 5_000)
  expect(load.unsubmitted).toBe(1)
  load.setPace({ perSecond: Number.POSITIVE_INFINITY, reserve: 0 })
  await done
  expect(load.acknowledged).toHaveLength(4)
})

test('without a name all default cases run, in this order', () => {
  const names = [
    'master-killed',
    'site-lost',
    'edge-lost',
    'wrong-results',
    'master-and-standby-killed',
    'planned',
    'join',
  ]
  expect(selectCases([]).map(({ name }) => name)).toEqual(names)
  expect(() => selectCases(['unplanned'])).toThrow('there is no case unplanned')
})

test('the sample lasts for all cases: one round for four shares, and two shares for each of the two that take long', () => {
  expect(roundsFor(selectCases([]))).toBe(3)
  expect(roundsFor(selectCases(['site-lost', 'planned', 'join']))).toBe(1)
  expect(roundsFor(selectCases(['control-lost-row']))).toBe(1)
})

test('an input of the user that is too short for the cases is refused before anything starts, and what would do is named', () => {
  const two = selectCases(['planned', 'join'])
  expect(() => checkEnough(two, 2_697)).toThrow(
    expect.objectContaining({ code: 'BAD_REQUEST', remedy: expect.stringContaining('at least 2700') }),
  )
  checkEnough(two, 2_700)
  const seven = selectCases([])
  expect(() => checkEnough(seven, 6_599)).toThrow(expect.objectContaining({ remedy: expect.stringContaining('6600') }))
  checkEnough(seven, 6_600)
  checkEnough(
    CASES.filter(({ when }) => when === 'end'),
    1,
  )
})

test('each case finds its share unsubmitted, and the last one leaves what is kept for the end', () => {
  const three = selectCases(['site-lost', 'master-and-standby-killed', 'join'])
  const reserves = three.map((_, at) => reserveDuring(three, at, 9_200))
  // 8,000 to be dealt: one share, two shares, two shares.
  expect(reserves).toEqual([7_600, 4_400, 1_200])
  expect(reserveDuring(three, 2, 900)).toBe(300)
})
