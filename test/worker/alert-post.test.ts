import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { alertOf } from '@baton/shared/core/registry/alerts'
import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import { LIMITS } from '@baton/shared/limits'
import { type AlertMessage, signAlert } from '@baton/shared/protocol/alert'
import { afterEach, expect, test, vi } from 'vitest'
import type { Backstop } from '../../worker/src/adapters/backstop.ts'
import { durableSql } from '../../worker/src/adapters/sql.ts'
import { type Env, readConfig } from '../../worker/src/env.ts'
import { Usage } from '../../worker/src/metrics/usage.ts'
import { AlertPost } from '../../worker/src/objects/authority/alert-post.ts'
import { CLUSTERS, NETWORK, testBindings } from './network.ts'
import { act } from './operator-client.ts'
import { threeNodes } from './test-node.ts'

const SECRET = 'a secret of sixteen or more'
const clusters = CLUSTERS[Symbol.iterator]()

afterEach(() => void vi.restoreAllMocks())

interface Post {
  readonly post: AlertPost
  readonly taken: { readonly body: string; readonly signature: string }[]
  readonly wakes: number[]
  readonly waiting: () => number
  now: number
}

/** The alerts of a cluster's own database, with a receiver that answers with these statuses and then takes everything. */
async function withPost(statuses: readonly number[], work: (post: Post) => Promise<void>): Promise<void> {
  const cluster = clusters.next().value!
  await threeNodes(cluster)
  await act(cluster, 'pause', { forMs: 60_000, why: 'an event to speak of' })
  const answers = [...statuses]
  await runInDurableObject(env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`), async (_, state) => {
    const sql = durableSql(state.storage, new Usage())
    const taken: Post['taken'] = []
    const wakes: number[] = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
      const headers = init?.headers as Record<string, string>
      taken.push({ body: String(init?.body), signature: headers['x-baton-signature']! })
      const status = answers.shift() ?? 200
      if (status === 0) throw new Error('no route')
      return new Response('', { status })
    })
    const post: Post = {
      taken,
      wakes,
      now: 10_000,
      waiting: () => sql.all<{ count: number }>('SELECT count(*) AS count FROM alerts')[0]!.count,
      post: new AlertPost({
        sql,
        network: NETWORK,
        cluster,
        webhook: { url: 'https://alerts.test/hook', secret: SECRET },
        backstop: { wakeAt: (at: number) => void wakes.push(at) } as unknown as Backstop,
        now: () => post.now,
      }),
    }
    await work(post)
  })
}

const FROZEN = { event: 'frozen', who: 'ann', why: 'a test', code: null, evidence: null } as unknown as RegistryEvent

test('[RG11] an alert is posted with its event, signed, and what is no alert is not', async () => {
  await withPost([], async ({ post, taken, waiting }) => {
    post.enter(1, alertOf({ ...FROZEN, event: 'paused' }))
    expect(waiting()).toBe(0)
    post.enter(2, alertOf(FROZEN))
    await post.deliver()
    expect(waiting()).toBe(0)
    expect(taken).toHaveLength(1)
    const message = JSON.parse(taken[0]!.body) as AlertMessage
    expect(message).toMatchObject({ format: 'baton-alert/1', network: NETWORK, node: null, code: 'cluster-frozen' })
    expect(message.id).toMatch(/\/2$/)
    expect(taken[0]!.signature).toBe(await signAlert(SECRET, taken[0]!.body))
  })
})

test('a receiver that fails is asked again later by the alarm, and given up in the end', async () => {
  const always = Array.from({ length: LIMITS.alertAttempts }, (_, attempt) => (attempt % 2 === 0 ? 500 : 0))
  await withPost(always, async (stage) => {
    stage.post.enter(1, alertOf(FROZEN))
    await stage.post.deliver()
    expect(stage.taken).toHaveLength(1)
    // In case this life ends during the attempt, and then for the next one.
    expect(stage.wakes).toEqual([stage.now + LIMITS.alertAttemptMs, stage.now + 1_000])
    await stage.post.deliver()
    expect(stage.taken).toHaveLength(1)
    for (let attempt = 2; attempt <= LIMITS.alertAttempts; attempt += 1) {
      stage.now = stage.wakes.at(-1)!
      await stage.post.deliver()
      expect(stage.taken).toHaveLength(attempt)
    }
    expect(stage.waiting()).toBe(0)
    expect(new Set(stage.taken.map(({ body }) => body)).size).toBe(1)
  })
})

test('what waits has a bound: the oldest go', async () => {
  await withPost([], async ({ post, waiting }) => {
    for (let seq = 1; seq <= LIMITS.alertsWaiting + 5; seq += 1) post.enter(seq, alertOf(FROZEN))
    expect(waiting()).toBe(LIMITS.alertsWaiting)
  })
})

test('a webhook without a secret, or that is no address, is a configuration error', async () => {
  const bindings = (await testBindings()) as unknown as Env
  const hook = { ALERT_WEBHOOK: 'https://alerts.test/hook', ALERT_WEBHOOK_SECRET: SECRET }
  expect(await readConfig({ ...bindings, ...hook })).toMatchObject({
    ok: true,
    config: { webhook: { url: hook.ALERT_WEBHOOK, secret: SECRET } },
  })
  expect(await readConfig(bindings)).toMatchObject({ ok: true, config: { webhook: null } })
  for (const wrong of [
    { ...hook, ALERT_WEBHOOK_SECRET: 'short' },
    { ...hook, ALERT_WEBHOOK: 'alerts.test' },
  ]) {
    expect(await readConfig({ ...bindings, ...wrong })).toMatchObject({ ok: false, error: { code: 'CONFIG_INVALID' } })
  }
})
