import type { Trust } from '@baton/shared/crypto/authority-keys'
import { NoticeBook } from '@baton/shared/crypto/notice-book'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import { peekStatement, signStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { Log } from '@baton/shared/ports/log'
import { expect, test } from 'vitest'
import { CertificateWatch } from '../../../node-runtime/src/daemon/certificate-watch.ts'
import { AUTHORITY, C1, GENESIS, NODE, OWNER_C1, PAYLOADS } from '../../support/fixed-network.ts'

const DAY = 24 * 3_600_000
const YEAR = 365 * DAY
const ISSUED = PAYLOADS.certificate.issuedAt
const at = (ms: number) => (ISSUED + ms) as UnixMs

interface Setting {
  readonly trust?: Trust
  readonly change?: Partial<NodeCertificate>
  readonly authority?: (renewal: Jws) => Promise<Jws>
}

async function countersign(renewal: Jws, by = AUTHORITY): Promise<Jws> {
  return signStatement('renewedCertificate', { ...PAYLOADS.renewedCertificate, renewal }, by.privateKey)
}

async function watched({ change = {}, authority = countersign, trust = GENESIS }: Setting = {}) {
  const certificate = await signStatement(
    'certificate',
    { ...PAYLOADS.certificate, expiresAt: at(YEAR), renewUntil: at(5 * YEAR), ...change },
    OWNER_C1.privateKey,
  )
  const clock = { now: at(0) }
  const asked: UnixMs[] = []
  const installed: Jws[] = []
  const watch = await CertificateWatch.of(
    {
      genesis: trust,
      keys: NODE,
      wallNow: () => clock.now,
      renew: async (cluster: ClusterId, renewal: Jws) => {
        expect(cluster).toBe(C1)
        const read = peekStatement('renewal', renewal)
        if (!read.ok) throw new Error(read.why)
        asked.push(read.payload.expiresAt)
        return authority(renewal)
      },
      install: async (renewed) => void installed.push(renewed),
      log: { info() {}, warn() {}, error() {} } as unknown as Log,
    },
    certificate,
  )
  return { watch, clock, asked, installed }
}

test('[ID8] a certificate is renewed at two thirds of its life, and again, as far as its owner allows', async () => {
  const { watch, clock, asked, installed } = await watched()
  clock.now = at((2 / 3) * YEAR - DAY)
  await watch.look()
  expect(asked).toEqual([])
  const renewedTo: number[] = []
  for (clock.now = at((2 / 3) * YEAR); clock.now < at(6 * YEAR); clock.now = (clock.now + DAY) as UnixMs) {
    const before = watch.expiresAt
    await watch.look()
    if (watch.expiresAt !== before) renewedTo.push((watch.expiresAt - ISSUED) / YEAR)
  }
  expect(installed).toHaveLength(renewedTo.length)
  expect(renewedTo.slice(0, 2).map((years) => years.toFixed(1))).toEqual(['1.7', '2.3'])
  expect(renewedTo.at(-1)).toBe(5)
  expect(Math.max(...renewedTo)).toBe(5)
})

test('[ID8] what does not work is tried again, and an alert stands in the last 30 days', async () => {
  const { watch, clock, asked, installed } = await watched({
    authority: () => Promise.reject(new BatonError('UNREACHABLE', 'nobody there')),
  })
  clock.now = at(YEAR - LIMITS.expiryAlertMs - DAY)
  await watch.look()
  await watch.look()
  expect([asked.length, installed.length, watch.alert()]).toEqual([2, 0, null])
  clock.now = at(YEAR - LIMITS.expiryAlertMs)
  await watch.look()
  expect(watch.alert()).toMatch(/expires at/)
  clock.now = at(YEAR + DAY)
  expect(watch.alert()).toMatch(/expired at/)
})

test('[ID8] a certificate that its owner lets nobody renew is not renewed, and raises the alert', async () => {
  const { watch, clock, asked } = await watched({ change: { renewUntil: undefined } })
  clock.now = at(YEAR - DAY)
  await watch.look()
  expect(asked).toEqual([])
  expect(watch.alert()).not.toBeNull()
})

test('[ID4, ID8] what the authority countersigns is believed only when it is what was asked for', async () => {
  const stranger = await watched({ authority: (renewal) => countersign(renewal, NODE) })
  stranger.clock.now = at(YEAR - DAY)
  await stranger.watch.look()
  expect(stranger.installed).toEqual([])
  let first: Jws | null = null
  const replayed = await watched({
    authority: async (renewal) => {
      first ??= renewal
      return countersign(first)
    },
  })
  replayed.clock.now = at(YEAR - DAY)
  await replayed.watch.look()
  replayed.clock.now = at((5 / 3) * YEAR)
  await replayed.watch.look()
  expect(replayed.installed).toHaveLength(1)
})

test('[ID8] a wrong clock disturbs only its own node: it asks, and keeps what it has', async () => {
  const { watch, clock, installed } = await watched({
    authority: () => Promise.reject(new BatonError('RENEWAL_REFUSED', 'the clock is years away')),
  })
  clock.now = at(3 * YEAR)
  await watch.look()
  expect(installed).toEqual([])
  expect(watch.expiresAt).toBe(at(YEAR))
})

test('[ID1, ID8] when its owner replaces the key that signed it, the certificate ends with that key: an alert says so, and no renewal goes further', async () => {
  const book = new NoticeBook(GENESIS)
  const { watch, clock, asked } = await watched({ trust: book.trust })
  await watch.look()
  expect([watch.expiresAt, watch.alert()]).toEqual([at(YEAR), null])
  const until = at(20 * DAY)
  book.add({ kind: 'ownerRotation', payload: { ...PAYLOADS.ownerRotation, issuedAt: at(0), until } })
  await watch.look()
  expect(watch.expiresAt).toBe(until)
  expect(watch.alert()).toBe(
    `the owner key that signed the certificate of this node was replaced, and counts until ${new Date(until).toISOString()}`,
  )
  for (clock.now = at(0); clock.now < at(30 * DAY); clock.now = (clock.now + DAY) as UnixMs) await watch.look()
  expect(asked).toEqual([])
})
