import { expect, test } from 'vitest'
import { type EdgeUsage, monthlyCost, PRICES } from '../../bench/registry/cost.ts'

const NOTHING: EdgeUsage = {
  workerRequests: 0,
  requests: 0,
  messages: 0,
  activeSeconds: 0,
  rowsRead: 0,
  rowsWritten: 0,
}
/** So much in a month of 730 hours, by one node. */
const inMonth = (usage: Partial<EdgeUsage>): EdgeUsage => {
  const hourly = Object.entries(usage).map(([name, value]) => [name, value / 730])
  return { ...NOTHING, ...Object.fromEntries(hourly) }
}
const cost = (usage: Partial<EdgeUsage>, nodes = 1, storedGB = 0) => monthlyCost(inMonth(usage), nodes, storedGB)

test('nothing used is the price of the plan, and what the plan includes costs nothing more', () => {
  expect(cost({}).total).toBe(PRICES.base)
  const included = {
    workerRequests: 10e6,
    requests: 1e6,
    activeSeconds: 400e3 / PRICES.objectGB,
    rowsRead: 25e9,
    rowsWritten: 50e6,
  }
  expect(cost(included, 1, 5).total).toBeCloseTo(PRICES.base, 9)
})

test.each<[keyof EdgeUsage, number, number]>([
  ['workerRequests', 12e6, 0.6],
  ['requests', 21e6, 3],
  // 20 frames are one request.
  ['messages', 420e6, 3],
  ['activeSeconds', 1_400e3 / 0.128, 12.5],
  ['rowsRead', 26e9, 1],
  ['rowsWritten', 90e6, 40],
])('%s beyond what is included are billed', (name, used, dollars) => {
  expect(cost({ [name]: used }).total).toBeCloseTo(PRICES.base + dollars, 9)
  // What is included counts once, not for each node.
  expect(cost({ [name]: used / 10 }, 10).total).toBeCloseTo(PRICES.base + dollars, 9)
})

test('requests and frames share what is included, storage is billed by what each node has', () => {
  const { requests, total } = cost({ requests: 1e6, messages: 20e6 })
  expect([requests, total]).toEqual([expect.closeTo(0.15, 9), expect.closeTo(5.15, 9)])
  expect(cost({}, 10, 1).storage).toBeCloseTo(1, 9)
})

test('the parts add up to the total', () => {
  const { total, ...parts } = cost({ requests: 9e6, rowsWritten: 70e6, activeSeconds: 9e6, workerRequests: 30e6 }, 3, 4)
  expect(Object.values(parts).reduce((sum, part) => sum + part, PRICES.base)).toBeCloseTo(total, 9)
})
