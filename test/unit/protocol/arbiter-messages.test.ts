import type { ArbiterMessage } from '@baton/shared/core/arbiter/messages'
import type { Accepted, Seat } from '@baton/shared/core/arbiter/types'
import type { Created } from '@baton/shared/core/registry/types'
import type { Epoch, Generation, LogIndex, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import {
  readArbiterMessage,
  readSeat,
  readValue,
  writeArbiterMessage,
  writeSeat,
  writeValue,
} from '@baton/shared/protocol/arbiter/messages'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OPAQUE_JWS } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'
import { MEMBER_KEYS } from '../../support/majority-members.ts'
import { A, B, C, RegistryUnderTest } from '../registry/fixture.ts'

const KEYS = [...MEMBER_KEYS.values()].map(({ publicKey }) => publicKey)

/** With something in every list that a register can have. */
function busyRegistry(): Created {
  const cluster = new RegistryUnderTest()
  cluster.create()
  for (const [at, node] of [A, B, C].entries()) {
    cluster.register(node, { key: KEYS[at]!, certificate: OPAQUE_JWS })
    cluster.report(node)
  }
  cluster.reshape([A, B])
  cluster.order('o1', A)
  cluster.operator({ act: 'pause', until: (cluster.now + 60_000) as UnixMs })
  const { registry } = cluster.state
  if (registry.status !== 'founded') throw new Error('not founded')
  return { ...registry, reshape: OPAQUE_JWS }
}

const BALLOT = { counter: 7, node: B }
const VALUE = { registry: busyRegistry(), proof: OPAQUE_JWS }
const ACCEPTED: Accepted = { ballot: BALLOT, value: VALUE }
const TOKEN = { generation: 0 as Generation, epoch: 1 as Epoch }
const REPORT = {
  report: 3,
  token: TOKEN,
  role: 'follower',
  stalled: false,
  durableIndex: 9 as LogIndex,
  height: 4,
  heardMasterMs: 12,
  heardSyncSetMs: null,
} as const
const HEARING = {
  listeningMs: 900,
  reports: [
    {
      node: A,
      ageMs: 5,
      life: 'c1-a/1',
      report: REPORT,
      acknowledged: { token: TOKEN, durableIndex: 9 as LogIndex },
      complete: true,
    },
  ],
  links: [{ node: A, state: 'open', ageMs: 800 }],
  grantedMs: null,
  foreignSilence: { reporters: 2, clusters: 4, silentForMs: 50, ageMs: 1 },
} as const

const SAMPLES: { readonly [M in ArbiterMessage['m']]: Extract<ArbiterMessage, { readonly m: M }> } = {
  prepare: { m: 'prepare', ballot: BALLOT },
  promise: { m: 'promise', ballot: BALLOT, accepted: ACCEPTED, hearing: HEARING },
  accept: { m: 'accept', ballot: BALLOT, value: { ...VALUE, proof: null }, founding: false },
  accepted: { m: 'accepted', ballot: BALLOT, signature: OPAQUE_JWS },
  refused: { m: 'refused', ballot: BALLOT, promised: { counter: 9, node: C } },
  decided: { m: 'decided', decided: ACCEPTED },
  report: { m: 'report', life: 'c1-b/2', report: REPORT, knows: null },
  heard: { m: 'heard', life: 'c1-b/2', report: 3, knows: BALLOT },
  recall: { m: 'recall', life: 'c1-b/2' },
  memory: { m: 'memory', life: 'c1-b/2', promised: null, accepted: null },
}
const KINDS = Object.keys(SAMPLES) as ArbiterMessage['m'][]

test('[MJ1, PV2] what members say, and their seat, are as stored', () => {
  const texts = Object.fromEntries(KINDS.map((kind) => [kind, writeArbiterMessage(SAMPLES[kind])]))
  expectGolden('arbiter-messages', { ...texts, seat: writeSeat({ promised: BALLOT, accepted: ACCEPTED }) })
})

describe.each(KINDS)('%s', (kind) => {
  const text = writeArbiterMessage(SAMPLES[kind])

  test('[MJ1] reads back as it was', () => {
    expect(readArbiterMessage(text)).toEqual({ ok: true, value: SAMPLES[kind] })
  })

  test('[MJ1] is refused without any one of its fields', () => {
    const fields = JSON.parse(text) as Record<string, unknown>
    for (const field of Object.keys(fields)) {
      const { [field]: _, ...rest } = fields
      expect(readArbiterMessage(JSON.stringify(rest)), field).toMatchObject({ ok: false, code: 'PEER_MALFORMED' })
    }
  })
})

test('[MJ1] no text throws, and none above the limit is read', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(readArbiterMessage(text)).toMatchObject({ ok: false, code: 'PEER_MALFORMED' })
      expect(readValue(text)).toMatchObject({ ok: false, code: 'BAD_REQUEST' })
    }),
  )
  const large = ' '.repeat(LIMITS.registerCharacters + 1)
  expect(readSeat(large)).toMatchObject({ ok: false, code: 'STORAGE_DAMAGED' })
})

test('[MJ1] value and seat read back as they were; a seat that lacks something is damaged', () => {
  expect(readValue(writeValue(VALUE))).toEqual({ ok: true, value: VALUE })
  for (const seat of [
    { promised: null, accepted: null },
    { promised: BALLOT, accepted: ACCEPTED },
  ] satisfies Seat[]) {
    expect(readSeat(writeSeat(seat))).toEqual({ ok: true, value: seat })
  }
  expect(readSeat('{"promised":null}')).toMatchObject({ ok: false, code: 'STORAGE_DAMAGED' })
})

test('[MJ1, PV2] a field of the registry that this version does not know stays in the value', () => {
  const json = JSON.parse(writeValue(VALUE)) as { registry: object }
  const later = { ...json, registry: { ...json.registry, later: { kept: true } } }
  const read = readValue(JSON.stringify(later))
  expect(read.ok && writeValue(read.value)).toContain('"later":{"kept":true}')
})

test('[MJ1, RG8] a frozen register, or one that is being restored, is none', () => {
  const json = JSON.parse(writeValue(VALUE)) as { registry: object }
  const frozen = { ...json, registry: { ...json.registry, frozen: 'an operator said so' } }
  expect(readValue(JSON.stringify(frozen))).toMatchObject({ ok: false })
})
