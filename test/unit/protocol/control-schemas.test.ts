import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import type * as statements from '@baton/shared/crypto/statement-schemas'
import type { StatementKind, StatementPayloads } from '@baton/shared/crypto/statement-types'
import type { Genesis } from '@baton/shared/genesis'
import type { genesisSchema } from '@baton/shared/genesis-schema'
import type { Epoch, Generation, LogIndex, Version } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { FromAuthority, RegistryView, ToAuthority } from '@baton/shared/protocol/control'
import {
  type fromAuthoritySchema,
  parseFromAuthority,
  parseToAuthority,
  type registryViewSchema,
  type toAuthoritySchema,
} from '@baton/shared/protocol/control-schemas'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import { C1, C1A, NETWORK, OPAQUE_JWS, SITE_X } from '../../support/fixed-network.ts'
import { expectGolden } from '../../support/golden.ts'

const token = { generation: 0 as Generation, epoch: 3 as Epoch }
const state: RegistryView = {
  network: NETWORK,
  cluster: C1,
  ...token,
  version: 7 as Version,
  master: C1A,
  syncSet: [C1A],
  coming: null,
  recovering: false,
  members: [
    {
      node: C1A,
      site: SITE_X,
      certificate: OPAQUE_JWS,
      peerAddress: '127.0.0.1:7001',
      apiAddress: 'http://127.0.0.1:8001',
      priority: 0,
      noFailover: false,
    },
  ],
  lastClean: null,
  bars: [],
  orders: [],
  pause: null,
  frozen: null,
  credential: { grant: OPAQUE_JWS, certificate: OPAQUE_JWS },
}

const EVENT: RegistryEvent = {
  event: 'granted',
  who: C1A,
  why: 'it has asked',
  code: null,
  evidence: { kind: 'token', token },
  after: { ...token, version: 7 as Version, master: C1A, syncSet: [C1A] },
}

const FROM: readonly FromAuthority[] = [
  { t: 'challenge', challenge: 'c', protocol: { min: 1, max: 1 } },
  { t: 'welcome', state, masters: OPAQUE_JWS, graceMs: 2_000 },
  { t: 'welcome', state: null, masters: OPAQUE_JWS, graceMs: 0 },
  { t: 'state', state },
  { t: 'reply', request: 1, ok: true, state },
  { t: 'reply', request: 1, ok: false, code: 'STALE_VERSION', why: 'version 7', retryAfterMs: null, state },
  { t: 'reply', request: 1, ok: false, code: 'MASTER_ALIVE', why: 'heard', retryAfterMs: 300, state: null },
  { t: 'sessionClosed', node: C1A },
  { t: 'masters', table: OPAQUE_JWS },
  { t: 'heard', report: 4, version: 7 as Version },
  { t: 'refused', code: 'PROTOCOL_VERSION', why: 'speaks 1' },
  {
    t: 'ask',
    request: 1,
    ask: { kind: 'order', order: { id: 'o1', node: C1A, cause: 'threshold', why: 'w' }, bars: true },
  },
  {
    t: 'ask',
    request: 2,
    ask: {
      kind: 'operator',
      authorization: OPAQUE_JWS,
      why: 'patching',
      action: { act: 'evict', id: 'e1', node: C1A },
    },
  },
  { t: 'foreignSilence', reporters: 2, clusters: 4, silentForMs: 900 },
]
const TO: readonly ToAuthority[] = [
  { t: 'hello', certificate: OPAQUE_JWS, proof: OPAQUE_JWS },
  {
    t: 'report',
    report: 4,
    token,
    role: 'follower',
    stalled: false,
    durableIndex: 41 as LogIndex,
    height: 8,
    heardMasterMs: 12,
    heardSyncSetMs: null,
  },
  { t: 'claim', request: 1, claim: OPAQUE_JWS },
  { t: 'reshape', request: 2, reshape: OPAQUE_JWS },
  { t: 'confirm', request: 3, token },
  { t: 'shown', credential: { grant: OPAQUE_JWS, certificate: OPAQUE_JWS }, reshape: OPAQUE_JWS },
  { t: 'shown', credential: null, reshape: null },
  { t: 'results', report: OPAQUE_JWS },
  { t: 'findings', findings: OPAQUE_JWS },
  { t: 'getMasters' },
  { t: 'mirror', value: '{}', events: [EVENT] },
  { t: 'asked', request: 1, outcome: { ok: true }, events: [EVENT] },
  {
    t: 'asked',
    request: 2,
    outcome: { ok: false, code: 'NOT_ELECTABLE', why: 'it is barred', retryAfterMs: null },
    events: [],
  },
]

test('[PV2] the frames of this link are as stored', () => {
  expectGolden('control-frames', { fromAuthority: FROM, toAuthority: TO })
})

test.each(FROM)('reads $t of the authority', (message) => {
  expect(parseFromAuthority(JSON.stringify(message))).toEqual({ ok: true, value: message })
})

test.each(TO)('reads $t of a node', (message) => {
  expect(parseToAuthority(JSON.stringify(message))).toEqual({ ok: true, value: message })
})

describe.each([
  ['the authority', FROM, parseFromAuthority, 'PEER_MALFORMED'],
  ['a node', TO, parseToAuthority, 'BAD_REQUEST'],
] as const)('from %s', (_, samples, parse, code) => {
  test('a message without any one of its fields, or with a wrong one, is refused', () => {
    for (const message of samples) {
      for (const field of Object.keys(message)) {
        const { [field]: _removed, ...rest } = message as Record<string, unknown>
        expect(parse(JSON.stringify(rest)), `${message.t} without ${field}`).toMatchObject({ ok: false, code })
        const wrong = JSON.stringify({ ...message, [field]: { wrong: true } })
        expect(parse(wrong), `${message.t} with a wrong ${field}`).toMatchObject({ ok: false, code })
      }
    }
  })

  test('no text throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parse(text)).toMatchObject({ ok: false, code })
      }),
    )
  })

  test('a frame above the limit is refused unread', () => {
    expect(parse(' '.repeat(LIMITS.controlFrameBytes + 1))).toMatchObject({ ok: false, code: 'BODY_TOO_LARGE' })
  })

  test('a field that this version does not know is passed over', () => {
    for (const message of samples) {
      expect(parse(JSON.stringify({ ...message, later: 1 }))).toEqual({ ok: true, value: message })
    }
  })
})

/** zod infers mutable shapes; ours are read-only all the way down. */
type ReadOnly<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly ReadOnly<Item>[]
    : { readonly [K in keyof T]: ReadOnly<T[K]> }
type Parsed<Schema extends z.ZodType> = ReadOnly<z.output<Schema>>

test('the schemas have exactly the types of the interfaces (checked by the compiler)', () => {
  expectTypeOf<Parsed<typeof registryViewSchema>>().toEqualTypeOf<RegistryView>()
  expectTypeOf<Parsed<typeof toAuthoritySchema>>().toEqualTypeOf<ReadOnly<ToAuthority>>()
  expectTypeOf<Parsed<typeof fromAuthoritySchema>>().toEqualTypeOf<ReadOnly<FromAuthority>>()
  expectTypeOf<Parsed<typeof genesisSchema>>().toEqualTypeOf<Genesis>()
  expectTypeOf<Parsed<typeof statements.grant>>().toEqualTypeOf<StatementPayloads['grant']>()
  expectTypeOf<Parsed<typeof statements.reshape>>().toEqualTypeOf<StatementPayloads['reshape']>()
  expectTypeOf<Parsed<typeof statements.certificate>>().toEqualTypeOf<StatementPayloads['certificate']>()
  expectTypeOf<Parsed<typeof statements.claim>>().toEqualTypeOf<StatementPayloads['claim']>()
  expectTypeOf<Parsed<typeof statements.resignation>>().toEqualTypeOf<StatementPayloads['resignation']>()
  expectTypeOf<Parsed<typeof statements.session>>().toEqualTypeOf<StatementPayloads['session']>()
  expectTypeOf<Parsed<typeof statements.resultReport>>().toEqualTypeOf<StatementPayloads['resultReport']>()
  expectTypeOf<Parsed<typeof statements.findings>>().toEqualTypeOf<StatementPayloads['findings']>()
  expectTypeOf<Parsed<typeof statements.masterTable>>().toEqualTypeOf<StatementPayloads['masterTable']>()
  expectTypeOf<Parsed<typeof statements.joinToken>>().toEqualTypeOf<StatementPayloads['joinToken']>()
  expectTypeOf<Parsed<typeof statements.order>>().toEqualTypeOf<StatementPayloads['order']>()
  expectTypeOf<keyof typeof statements>().extract<StatementKind>().toEqualTypeOf<StatementKind>()
})
