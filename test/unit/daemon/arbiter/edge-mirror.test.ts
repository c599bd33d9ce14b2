import type { RegisterValue } from '@baton/shared/core/arbiter/types'
import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import type { Version } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlNotice } from '@baton/shared/ports/control-link'
import type { Log } from '@baton/shared/ports/log'
import { expect, test } from 'vitest'
import { EdgeMirror } from '../../../../node-runtime/src/daemon/arbiter/edge-mirror.ts'
import { OPAQUE_JWS } from '../../../support/fixed-network.ts'
import { A, RegistryUnderTest } from '../../registry/fixture.ts'

const cluster = new RegistryUnderTest()
cluster.create()
cluster.register(A)
const { registry } = cluster
const VALUE: RegisterValue = { registry, proof: OPAQUE_JWS }
const NEWER: RegisterValue = { ...VALUE, registry: { ...registry, version: (registry.version + 1) as Version } }
const UNPROVEN: RegisterValue = { ...VALUE, proof: null }

function event(why: string): RegistryEvent {
  const { generation, epoch, version, master, syncSet } = registry
  const after = { generation, epoch, version, master, syncSet }
  return { event: 'paused', who: 'anna', why, code: null, evidence: null, after }
}

/** A mirror, what the edge was sent, and whether there is an edge. */
function mirrored(edge = { up: true }) {
  const sent: Extract<ControlNotice, { t: 'mirror' }>[] = []
  const warnings: unknown[] = []
  const mirror = new EdgeMirror({
    send: (notice) => {
      if (edge.up && notice.t === 'mirror') sent.push(notice)
      return edge.up
    },
    log: { warn: (fields: unknown) => warnings.push(fields) } as unknown as Log,
  })
  return { mirror, sent, edge, warnings }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('[MJ1] a new session is shown the value that is known, and then only what is newer', async () => {
  const { mirror, sent } = mirrored()
  mirror.up(3, VALUE)
  await settled()
  mirror.show(VALUE)
  mirror.show({ ...VALUE, registry: { ...registry, bars: [A] } })
  await settled()
  expect(sent).toHaveLength(1)
  mirror.show(NEWER)
  await settled()
  expect(sent).toHaveLength(2)
})

test('[MJ1, PV2] an edge that knows no mirror is sent none, nor is one shown what nobody has proven', async () => {
  const { mirror, sent } = mirrored()
  mirror.up(2, VALUE)
  mirror.show(NEWER)
  await settled()
  mirror.up(3, UNPROVEN)
  await settled()
  expect(sent).toEqual([])
})

test('[MJ1, RG11] events wait for the edge, in order and in frames of a bounded size', async () => {
  const { mirror, sent, edge } = mirrored({ up: false })
  const said = Array.from({ length: LIMITS.eventsPerFrame + 3 }, (_, n) => event(`reason ${n}`))
  mirror.up(3, VALUE)
  for (const each of said) mirror.tell(each)
  await settled()
  expect(sent).toEqual([])
  edge.up = true
  mirror.up(3, VALUE)
  await settled()
  expect(sent.map(({ events }) => events.length)).toEqual([LIMITS.eventsPerFrame, 3])
  expect(sent.flatMap(({ events }) => events)).toEqual(said)
})

test('[MJ1, RG11] of more than the bound the oldest go, and the log says how many', async () => {
  const { mirror, sent, edge, warnings } = mirrored({ up: false })
  for (let n = 0; n < LIMITS.arbiterEvents + 5; n++) mirror.tell(event(`reason ${n}`))
  edge.up = true
  mirror.up(3, VALUE)
  await settled()
  const told = sent.flatMap(({ events }) => events)
  expect(told).toHaveLength(LIMITS.arbiterEvents)
  expect(told[0]?.why).toBe('reason 5')
  expect(warnings).toEqual([{ event: 'mirror-events-dropped', dropped: 5 }])
})
