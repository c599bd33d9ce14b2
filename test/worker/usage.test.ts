import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import { Backstop } from '../../worker/src/adapters/backstop.ts'
import { durableSql } from '../../worker/src/adapters/sql.ts'
import { Usage, type UsageCounts } from '../../worker/src/metrics/usage.ts'
import { CLUSTERS, NETWORK } from './network.ts'
import { bearer, operatorToken } from './operator-client.ts'
import { clusterUrl, get, ORIGIN, threeNodes } from './test-node.ts'

const [C1, C2, C3] = CLUSTERS
const authorityOf = (cluster: ClusterId) => env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`)
const directory = () => env.NETWORK_DIRECTORY.getByName(NETWORK)

async function usageOf(cluster: ClusterId): Promise<UsageCounts> {
  const usage = await authorityOf(cluster).usage(cluster)
  if (!usage.ok) throw new Error(usage.why)
  return usage.value
}

async function directoryUsage(): Promise<UsageCounts> {
  const usage = await directory().usage()
  if (!usage.ok) throw new Error(usage.why)
  return usage.value
}

test('rows are counted as the platform counts them, alarms among those written', async () => {
  await runInDurableObject(authorityOf(C3), (_object, { storage }) => {
    const usage = new Usage()
    const sql = durableSql(storage, usage)
    sql.run('CREATE TABLE counted (id INTEGER PRIMARY KEY, value TEXT)')
    const before = usage.counts
    for (const value of ['a', 'b', 'c']) sql.run('INSERT INTO counted (value) VALUES (?)', value)
    expect(sql.all('SELECT value FROM counted')).toHaveLength(3)
    sql.run('UPDATE counted SET value = ? WHERE id > 1', 'd')
    expect(usage.rowsWritten - before.rowsWritten).toBe(5)
    expect(usage.rowsRead - before.rowsRead).toBeGreaterThanOrEqual(3)
    const backstop = new Backstop(storage, usage)
    backstop.wakeAt(Date.now() + 60_000)
    backstop.wakeAt(Date.now() + 70_000)
    expect(usage.rowsWritten - before.rowsWritten).toBe(6)
  })
})

test('[RG3] a report is one frame, no request and no row; how long the log is, is written once a minute', async () => {
  const [, b] = await threeNodes(C1)
  await b.report()
  const before = await usageOf(C1)
  for (let durableIndex = 1; durableIndex <= 20; durableIndex += 1)
    await b.report({ durableIndex: durableIndex as never })
  const after = await usageOf(C1)
  expect(after.messages - before.messages).toBe(20)
  // This question itself, and the alarm that will write it.
  expect(after.requests - before.requests).toBe(1)
  expect(after.rowsWritten - before.rowsWritten).toBeLessThanOrEqual(1)
  expect(LIMITS.reportWriteMs).toBe(60_000)
  await runDurableObjectAlarm(authorityOf(C1))
  expect((await usageOf(C1)).requests - after.requests).toBe(2)
})

test('[NW2, ID8] a poll is one call of the directory while nothing has changed', async () => {
  const [a] = await threeNodes(C2)
  const poll = async () => {
    a.inbox = []
    a.send({ t: 'getMasters' })
    await a.take('masters')
  }
  const callsOfFive = async () => {
    const before = await directoryUsage()
    for (let count = 0; count < 5; count += 1) await poll()
    return (await directoryUsage()).requests - before.requests
  }
  // The question itself is one. The grants above are still being told to everybody for a while: that can only add.
  await expect.poll(callsOfFive, { timeout: 15_000 }).toBe(5 + 1)
})

test('the counters of a cluster and of the directory are in the text format of Prometheus, for viewers', async () => {
  const headers = bearer(await operatorToken(C1, 'viewer'))
  for (const [url, labels] of [
    [clusterUrl(C1, '/metrics'), `network="${NETWORK}",cluster="${C1}"`],
    [`${ORIGIN}/v1/networks/${NETWORK}/metrics`, `network="${NETWORK}"`],
  ] as const) {
    expect((await get(url)).status).toBe(401)
    const text = await (await get(url, { headers })).text()
    expect(text).toContain('# TYPE baton_edge_requests_total counter\n')
    for (const name of ['requests', 'messages', 'rows_read', 'rows_written']) {
      expect(text).toMatch(new RegExp(`^baton_edge_${name}_total\\{${labels}\\} \\d+$`, 'm'))
    }
  }
})
