/** RG11: what nodes ask for in vain or again fills no log. */
import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import type { Instant } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import type { IdentityEvent } from '../../worker/src/objects/authority/identity-events.ts'
import { RegistryLog } from '../../worker/src/objects/authority/registry-log.ts'
import { CLUSTERS } from './network.ts'
import { eventsOf } from './operator-client.ts'
import { threeNodes } from './test-node.ts'

function opened() {
  const recorded: (RegistryEvent | IdentityEvent)[] = []
  const clock = { now: 0 }
  const append = (event: RegistryEvent | IdentityEvent) => void recorded.push(event)
  const log = new RegistryLog({ clock: { now: () => clock.now as Instant } as never, append, note: append })
  const say = (event: string, who = 'c1-b') => log.record({ event, who, why: 'in vain' } as unknown as RegistryEvent)
  return { recorded, clock, log, say }
}

test('[RG11] of one node so many within ten minutes are recorded; the rest is counted, and the count recorded when they are over', () => {
  const { recorded, clock, log, say } = opened()
  for (let time = 0; time < 10_000; time += 1) say(time % 2 === 0 ? 'confirm-refused' : 'grant-repeated')
  expect(recorded).toHaveLength(LIMITS.eventsInVain)
  // Nobody else is cut short for it, and nothing that changes the registry is.
  say('claim-refused', 'c1-c')
  for (let time = 0; time < 500; time += 1) say('reshaped')
  expect(recorded).toHaveLength(LIMITS.eventsInVain + 1 + 500)
  for (let time = 0; time < 500; time += 1)
    log.told({ event: 'granted', who: 'c1-b' } as unknown as RegistryEvent, 'c1-b')
  expect(recorded).toHaveLength(2 * LIMITS.eventsInVain + 501)
  clock.now = LIMITS.attemptWindowMs
  say('confirm-refused')
  expect(recorded.slice(2 * LIMITS.eventsInVain + 501)).toMatchObject([
    {
      event: 'attempts-limited',
      who: 'c1-b',
      why: `${10_000 - LIMITS.eventsInVain} more within ten minutes were not recorded`,
    },
    { event: 'attempts-limited', who: 'what c1-b tells' },
    { event: 'confirm-refused' },
  ])
})

test('[RG11] a node that asks again and again in vain is answered each time, and costs a bound number of rows', async () => {
  const cluster = CLUSTERS.at(-1)!
  const [a, b] = await threeNodes(cluster)
  const flood = LIMITS.eventsInVain + 20
  for (let time = 0; time < flood; time += 1)
    expect(await b.confirm()).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
  expect(await a.confirm()).toMatchObject({ ok: true })
  const events = await eventsOf(cluster)
  expect(events.filter(({ event }) => event === 'confirm-refused')).toHaveLength(LIMITS.eventsInVain)
  expect(events.filter(({ event }) => event === 'confirmed')).toMatchObject([{ who: a.node }])
})
