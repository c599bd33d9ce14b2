import { runInDurableObject } from 'cloudflare:test'
import type { AuditInput, Reporter } from '@baton/shared/core/audit/types'
import type { Height, Instant, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { AlertMessage } from '@baton/shared/protocol/alert'
import { failure, type Result, success } from '@baton/shared/result'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readEvents } from '../../worker/src/adapters/event-log.ts'
import { durableSql, type Sql } from '../../worker/src/adapters/sql.ts'
import { Usage } from '../../worker/src/metrics/usage.ts'
import type { OrderAnswer } from '../../worker/src/objects/authority-api.ts'
import { Audience, type AudienceParts } from '../../worker/src/objects/directory/audience.ts'
import { MasterList } from '../../worker/src/objects/directory/master-list.ts'
import { allMasters, directory, F, OLD, RIGHT } from './audited.ts'
import { CLUSTERS, NETWORK, testGenesis } from './network.ts'

beforeEach(async () => void (await allMasters()))
afterEach(() => void vi.restoreAllMocks())

const TAKEN: Result<OrderAnswer> = success({ taken: true, stands: true, why: null })

interface Stage {
  readonly audience: Audience
  readonly delivered: string[]
  readonly wakes: number[]
  /** Of the first cluster's authority; the others take what they are sent. */
  answer: Result<OrderAnswer>
  nowMs: number
  /** Statements that the database was given to write. */
  written: number
  events(name: string): readonly object[]
  settle(): Promise<void>
}

/** An audience of its own over the directory's database, with a clock and authorities of the test. */
async function onStage(work: (stage: Stage) => Promise<void>, more: Partial<AudienceParts> = {}): Promise<void> {
  const genesis = await testGenesis()
  await runInDurableObject(directory(), async (_object, { storage }) => {
    const database = durableSql(storage, new Usage())
    const run: Sql['run'] = (query, ...values) => {
      stage.written += 1
      database.run(query, ...values)
    }
    const sql: Sql = { ...database, run }
    const start = sql.all<{ seq: number }>('SELECT coalesce(max(seq), 0) AS seq FROM events')[0]!.seq
    const under: Promise<void>[] = []
    const stage = {
      delivered: [] as string[],
      wakes: [] as number[],
      answer: TAKEN,
      nowMs: 1_000_000,
      written: 0,
      events: (name: string) =>
        readEvents(sql, start, 1_000)
          .map(({ event }) => event as unknown as { event: string })
          .filter(({ event }) => event === name),
      settle: async () => void (await Promise.all(under.splice(0))),
    }
    const audience = new Audience({
      sql,
      genesis,
      trust: genesis,
      masters: new MasterList(sql),
      clock: { now: () => stage.nowMs as Instant, wallNow: () => stage.nowMs as UnixMs },
      backstop: { wakeAt: (at: number) => stage.wakes.push(at) } as never,
      webhook: null,
      authorityOf: (cluster) => ({
        order: async () => {
          stage.delivered.push(cluster)
          return cluster === CLUSTERS[0] ? stage.answer : TAKEN
        },
        foreignSilence: async () => success(null),
      }),
      meanwhile: (promise) => void under.push(promise),
      ...more,
    })
    await work(Object.assign(stage, { audience }))
    storage.sql.exec("DELETE FROM meta WHERE key = 'standing-order'")
  })
}

function evidence(number: number, height: number): AuditInput {
  const cluster = CLUSTERS[number]!
  const by: Reporter = { cluster, ...OLD, node: `${cluster}-a` as NodeId }
  const act = { height, round: 0, type: 'prevote' } as never
  return { i: 'evidence', act, first: { by, value: RIGHT }, second: { by, value: null } }
}

const FROM = { cluster: CLUSTERS[11], node: `${CLUSTERS[11]}-a` as NodeId }

function prove({ audience }: Stage, number: number): void {
  for (const height of [1, 2, 3]) audience.hear('findings', FROM, success([{ input: evidence(number, height) }]))
}

test('[NW4] in normal running nothing is written: masters that agree, height after height, for ten minutes', async () => {
  await onStage(async (stage) => {
    for (let height = 1; height <= 100; height++) {
      for (const cluster of CLUSTERS) {
        const by: Reporter = { cluster, ...OLD, node: `${cluster}-a` as NodeId }
        const results = [{ height: height as Height, block: RIGHT, result: RIGHT }]
        const heard = CLUSTERS.map((other) => ({ cluster: other, forMs: 10 }))
        stage.audience.hear('results', by, success([{ input: { i: 'report', by, results, missed: [], heard } }]))
      }
      stage.nowMs += 6_000
    }
    expect(stage.written).toBe(0)
    expect(stage.wakes).toEqual([])
    prove(stage, 0)
    expect(stage.written).toBeGreaterThan(0)
  })
})

test('[RG9] an order is sent again every second until it is recorded, then asked after; one that an operator has ended makes room', async () => {
  await onStage(async (stage) => {
    stage.answer = failure('UNREACHABLE', 'lost')
    prove(stage, 0)
    await stage.settle()
    expect(stage.delivered).toHaveLength(1)
    expect(stage.wakes.at(-1)).toBe(stage.nowMs + LIMITS.orderAgainMs)
    stage.nowMs += LIMITS.orderAgainMs - 1
    stage.audience.tick()
    await stage.settle()
    expect(stage.delivered).toHaveLength(1)
    stage.answer = TAKEN
    stage.nowMs += 1
    stage.audience.tick()
    await stage.settle()
    expect(stage.delivered).toHaveLength(2)
    expect(stage.events('order-taken')).toHaveLength(1)
    stage.nowMs += LIMITS.orderAskMs - 1
    stage.audience.tick()
    await stage.settle()
    expect(stage.delivered).toHaveLength(2)
    prove(stage, 1)
    stage.answer = success({ taken: true, stands: false, why: null })
    stage.nowMs += 1
    stage.audience.tick()
    await stage.settle()
    expect(stage.events('order-ended')).toHaveLength(1)
    expect(stage.delivered).toEqual([CLUSTERS[0], CLUSTERS[0], CLUSTERS[0], CLUSTERS[1]])
  })
})

test('[NW5, RG9] an order that the registry refuses has ended, and is not given again under the same mastership', async () => {
  await onStage(async (stage) => {
    stage.answer = success({ taken: false, stands: false, why: 'c1-a has never registered' })
    prove(stage, 0)
    await stage.settle()
    expect(stage.events('order-refused')).toMatchObject([{ why: 'c1-a has never registered' }])
    stage.audience.hear('findings', FROM, success([{ input: evidence(0, 4) }]))
    stage.nowMs += LIMITS.orderAskMs
    stage.audience.tick()
    await stage.settle()
    expect(stage.delivered).toEqual([CLUSTERS[0]])
  })
})

test('[NW5] too many suspects are posted to the webhook as an alert of the network, once', async () => {
  const bodies: AlertMessage[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
    bodies.push(JSON.parse(String(init?.body)))
    return new Response('')
  })
  const webhook = { url: 'https://alerts.test/hook', secret: 'a secret of sixteen or more' }
  await onStage(
    async (stage) => {
      for (let number = 0; number <= F + 1; number++) prove(stage, number)
      await stage.settle()
      await stage.settle()
      const why = expect.stringContaining('c1, c2, c3, c4, c5: more than f clusters')
      expect(bodies).toMatchObject([{ code: 'too-many-suspects', network: NETWORK, cluster: null, node: null, why }])
    },
    { webhook },
  )
})

test('[RG11] who floods fills no log: the rest is counted, told after a minute, and costs the others nothing', async () => {
  await onStage(async (stage) => {
    const flood = LIMITS.findingsPerMinute + 12
    for (let number = 0; number < flood; number++)
      stage.audience.hear('results', FROM, failure('STATEMENT_INVALID', 'no'))
    const other = { cluster: CLUSTERS[1], node: 'c2-a' as NodeId }
    stage.audience.hear('results', other, failure('NOT_CURRENT_MASTER', 'no'))
    expect(stage.events('report-refused')).toHaveLength(LIMITS.findingsPerMinute + 1)
    stage.nowMs += 60_000
    stage.audience.tick()
    expect(stage.events('events-left-out')).toEqual([{ event: 'events-left-out', cluster: FROM.cluster, events: 12 }])
    stage.audience.hear('results', FROM, failure('STATEMENT_INVALID', 'no'))
    expect(stage.events('report-refused')).toHaveLength(LIMITS.findingsPerMinute + 2)
  })
})
