import type { Instant, UnixMs } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { AlertMessage } from '@baton/shared/protocol/alert'
import { describe, expect, test } from 'vitest'
import { createMetrics } from '../../../node-runtime/src/adapters/metrics.ts'
import { Alerts } from '../../../node-runtime/src/daemon/alerts.ts'
import type { Reason } from '../../../node-runtime/src/daemon/health.ts'

const QUARANTINED: Reason = { code: 'quarantined', why: 'barred from election by order o-1' }

class Stage {
  now = 1_000
  reasons: readonly Reason[] = []
  readonly posted: AlertMessage[] = []
  readonly logged: string[] = []
  readonly metrics = createMetrics('test')
  readonly alerts: Alerts

  constructor() {
    const say = (fields: object) => void this.logged.push(String((fields as { event: string }).event))
    this.alerts = new Alerts({
      network: 'net',
      cluster: 'c1',
      node: 'c1-n1',
      reasons: () => this.reasons,
      now: () => this.now as Instant,
      wallNow: () => this.now as UnixMs,
      metrics: this.metrics,
      log: { error: say, info: say } as unknown as Log,
      post: (message) => this.posted.push(message),
    })
  }

  look(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now += 1_000) this.alerts.look()
    this.alerts.look()
  }

  async gauge(code: string): Promise<string | undefined> {
    return new RegExp(`^baton_alert\\{code="${code}"\\} (\\d)$`, 'm').exec(await this.metrics.render())?.[1]
  }
}

describe('an alert', () => {
  test('[RG9] is an event, a gauge, a reason in /health and a message, once, until it ends', async () => {
    const stage = new Stage()
    stage.reasons = [QUARANTINED]
    expect(stage.alerts.reasons()).toEqual([QUARANTINED])
    stage.look(10_000)
    expect(stage.logged).toEqual(['alert-raised'])
    expect(await stage.gauge('quarantined')).toBe('1')
    const told = { format: 'baton-alert/1', network: 'net', cluster: 'c1', node: 'c1-n1', code: 'quarantined' }
    expect(stage.posted).toMatchObject([{ ...told, raised: true, why: QUARANTINED.why }])
    stage.reasons = []
    stage.look(1_000)
    expect(stage.logged).toEqual(['alert-raised', 'alert-ended'])
    expect(await stage.gauge('quarantined')).toBe('0')
    expect(stage.posted.map(({ raised }) => raised)).toEqual([true, false])
    expect(new Set(stage.posted.map(({ id }) => id)).size).toBe(2)
  })

  test('wakes nobody for what passes within a moment', () => {
    const stage = new Stage()
    for (let blip = 0; blip < 5; blip += 1) {
      stage.reasons = [{ code: 'authority-down', why: 'a reconnect' }]
      stage.look(2_000)
      stage.reasons = []
      stage.look(1_000)
    }
    expect(stage.posted).toEqual([])
  })

  test('[RC4] of an event is raised at once, stands for a while in /health, and ends with what it was about', () => {
    const stage = new Stage()
    const token = { generation: 0, epoch: 2 } as never
    stage.alerts.observe({ event: 'recovery-stuck', token, height: 7 as never, missing: [] })
    stage.alerts.observe({ event: 'recovery-stuck', token, height: 7 as never, missing: [] })
    expect(stage.posted).toMatchObject([{ code: 'recovery-stuck', raised: true }])
    expect(stage.alerts.reasons()).toMatchObject([{ code: 'recovery-stuck' }])
    stage.look(60_000)
    expect(stage.posted).toHaveLength(1)
    stage.alerts.observe({ event: 'recovery-ended', token, height: 9 as never })
    stage.look(1_000)
    expect(stage.alerts.reasons()).toEqual([])
    expect(stage.posted.map(({ raised }) => raised)).toEqual([true, false])
  })

  test('[GU4] say that this node has another result than its master, and of one that differs from the network what to do', () => {
    const stage = new Stage()
    const [own, master] = ['a'.repeat(64), 'b'.repeat(64)] as never[]
    stage.alerts.observe({ event: 'differs-from-master', height: 7 as never, own: own!, master: master! })
    stage.alerts.observe({ event: 'differs-from-certificate', height: 8 as never, fault: 'result' as never, why: 'x' })
    expect(stage.alerts.reasons()).toMatchObject([
      { code: 'differs-from-master', why: expect.stringContaining('another result of height 7') },
      { code: 'differs-from-network', why: expect.stringContaining('baton rebuild') },
    ])
  })

  test('of an event ends by itself after a while', () => {
    const stage = new Stage()
    stage.alerts.observe({
      event: 'differs-from-certificate',
      height: 7 as never,
      fault: 'result' as never,
      why: 'other',
    })
    stage.now += 599_000
    stage.alerts.look()
    expect(stage.posted).toHaveLength(1)
    stage.now += 2_000
    stage.alerts.look()
    expect(stage.posted.map(({ raised }) => raised)).toEqual([true, false])
  })
})
