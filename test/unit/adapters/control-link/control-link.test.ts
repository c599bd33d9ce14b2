import type { Jws, Token } from '@baton/shared/ids'
import type { ControlLink, ControlNotice } from '@baton/shared/ports/control-link'
import { CONTROL_PROTOCOL } from '@baton/shared/protocol/control'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../../node-runtime/src/adapters/clock.ts'
import { controlLink } from '../../../../node-runtime/src/adapters/control-link.ts'
import { C1, C1A, NETWORK, NODE, OPAQUE_JWS } from '../../../support/fixed-network.ts'
import { untilTrue } from '../until-true.ts'
import { STATE, startAuthority, type TestAuthority } from './authority-server.ts'

const TOKEN = { generation: 0, epoch: 3 } as Token
const CLAIM = 'a.claim.jws' as Jws
const report = (number: number): ControlNotice => ({
  t: 'report',
  report: number,
  token: TOKEN,
  role: 'follower',
  stalled: false,
  durableIndex: 5 as never,
  height: 2,
  heardMasterMs: 10,
  heardSyncSetMs: null,
})

function startLink(
  authority: Pick<TestAuthority, 'url'>,
  silentAfterMs = 3_000,
): { link: ControlLink; events: unknown[][] } {
  const events: unknown[][] = []
  const link = controlLink({
    authorityUrl: authority.url,
    identity: {
      certificate: OPAQUE_JWS,
      privateKey: NODE.privateKey,
      proof: {
        network: NETWORK,
        cluster: C1,
        node: C1A,
        peerAddress: '127.0.0.1:7001',
        apiAddress: '127.0.0.1:8001',
        priority: 0,
        noFailover: false,
      },
    },
    clock: systemClock,
    silentAfterMs,
    handler: {
      onUp: (welcome) => void events.push(['up', welcome]),
      onDown: (why) => void events.push(['down', why]),
      onState: (state) => void events.push(['state', state.version]),
      onMasters: (table) => void events.push(['masters', table]),
      onAsk: (ask) => void events.push(['ask', ask.request]),
      onForeignSilence: ({ silentForMs }) => void events.push(['foreignSilence', silentForMs]),
      onNotices: (notices) => void events.push(['notices', ...notices]),
      onSessionClosed: (node) => void events.push(['sessionClosed', node]),
      onHeard: (heard) => void events.push(['heard', heard.report, systemClock.now() - heard.sentAt]),
      onRefused: (code, why) => void events.push(['refused', code, why]),
    },
  })
  link.start()
  onTestFinished(() => link.stop())
  return { link, events }
}

describe('the link to the authority', () => {
  test('[ID5] answers the challenge with a signed proof and is up with the welcome', async () => {
    const { link, events } = startLink(await startAuthority())
    expect(link.connected).toBe(false)
    await untilTrue('up', () => link.connected)
    const welcome = { state: STATE, masters: OPAQUE_JWS, graceMs: 0, challenge: 'challenge-1', protocol: 1 }
    expect(events).toEqual([['up', welcome]])
  })

  test('[PV1] uses the highest version that both speak, and says which side to upgrade when there is none', async () => {
    const authority = await startAuthority()
    const { min, max } = CONTROL_PROTOCOL
    for (const [theirs, agreed] of [
      [{ min: 1, max: 1 }, 1],
      [{ min: 1, max: max + 5 }, max],
      [{ min: max, max: max + 1 }, max],
    ] as const) {
      authority.protocol = theirs
      const { link, events } = startLink(authority)
      await untilTrue('up', () => link.connected)
      expect(events[0]).toEqual(['up', expect.objectContaining({ protocol: agreed })])
      await link.stop()
    }
    for (const [theirs, behind] of [
      [{ min: max + 1, max: max + 1 }, 'this node'],
      [{ min: 0, max: min - 1 }, 'the authority'],
    ] as const) {
      authority.protocol = theirs
      const { events } = startLink(authority)
      await untilTrue('refused', () => events.length === 2)
      expect(events[0]).toEqual(['refused', 'PROTOCOL_VERSION', expect.stringMatching(`: upgrade ${behind}$`)])
    }
  })

  test('hands on what the authority says, in order, and times reports from their sending', async () => {
    const authority = await startAuthority()
    const { link, events } = startLink(authority)
    await untilTrue('up', () => link.connected)
    expect(link.send(report(1))).toBe(true)
    await untilTrue('heard', () => events.length === 2)
    expect(events[1]).toEqual(['heard', 1, expect.any(Number)])
    expect(events[1]![2]).toBeGreaterThanOrEqual(0)
    authority.send({ t: 'state', state: { ...STATE, version: 8 as never } })
    authority.send({ t: 'masters', table: OPAQUE_JWS })
    authority.send({ t: 'sessionClosed', node: C1A })
    authority.send({ t: 'heard', report: 99, version: STATE.version })
    authority.send({ t: 'state', state: { ...STATE, version: 9 as never } })
    await untilTrue('all', () => events.length === 6)
    expect(events.slice(2)).toEqual([
      ['state', 8],
      ['masters', OPAQUE_JWS],
      ['sessionClosed', C1A],
      ['state', 9],
    ])
  })

  test('[RG1] matches replies to requests, also out of order, and passes refusals with their state', async () => {
    const authority = await startAuthority()
    const { link } = startLink(authority)
    await untilTrue('up', () => link.connected)
    const asked: number[] = []
    authority.onMessage = (message, send) => {
      if (!('request' in message)) return
      asked.push(message.request)
      if (asked.length < 3) return
      send({ t: 'reply', request: asked[2]!, ok: true, state: STATE })
      const state = { ...STATE, version: 9 as never }
      send({ t: 'reply', request: asked[0]!, ok: false, code: 'MASTER_ALIVE', why: 'heard', retryAfterMs: 400, state })
      send({ t: 'reply', request: asked[1]!, ok: false, code: 'NEWER_CODE', why: 'x', retryAfterMs: null, state: null })
    }
    const replies = await Promise.all([
      link.request({ t: 'claim', claim: CLAIM }),
      link.request({ t: 'confirm', token: TOKEN }),
      link.request({ t: 'reshape', reshape: CLAIM }),
    ])
    expect(replies).toEqual([
      { ok: false, code: 'MASTER_ALIVE', why: 'heard', retryAfterMs: 400, state: { ...STATE, version: 9 } },
      { ok: false, code: 'INTERNAL', why: 'NEWER_CODE: x', retryAfterMs: null, state: null },
      { ok: true, state: STATE },
    ])
  })

  test('[RG4] a request without an answer is UNREACHABLE after 2 s, one on a session that ends at once', async () => {
    const authority = await startAuthority()
    authority.mute = true
    const { link } = startLink(authority, 10_000)
    await untilTrue('up', () => link.connected)
    const started = performance.now()
    expect(await link.request({ t: 'confirm', token: TOKEN })).toMatchObject({ ok: false, code: 'UNREACHABLE' })
    expect(performance.now() - started).toBeGreaterThan(1_900)
    expect(performance.now() - started).toBeLessThan(3_000)
    const cut = link.request({ t: 'claim', claim: CLAIM })
    await untilTrue('sent', () => authority.received.length === 2)
    authority.dropAll()
    expect(await cut).toMatchObject({ ok: false, code: 'UNREACHABLE', state: null })
    // Never repeated by itself: the session that follows brings nothing.
    await untilTrue('again', () => authority.sessions() === 2 && link.connected)
    expect(authority.received).toHaveLength(2)
    expect(authority.posts).toHaveLength(0)
  })

  test('a dropped session is opened anew, with jitter and a new challenge', async () => {
    const authority = await startAuthority()
    const { link, events } = startLink(authority)
    for (let round = 1; round <= 4; round++) {
      await untilTrue('up', () => authority.sessions() === round && link.connected)
      authority.dropAll()
      await untilTrue('down', () => !link.connected)
    }
    expect(events.map(([what]) => what).slice(0, 6)).toEqual(['up', 'down', 'up', 'down', 'up', 'down'])
    expect(link.send(report(1))).toBe(false)
  })

  test('a silent session is dropped: without a pong, or with pongs but a report unanswered', async () => {
    const authority = await startAuthority()
    authority.mute = true
    const { link, events } = startLink(authority, 200)
    await untilTrue('pongs keep it open', () => authority.pings() >= 5)
    expect(events.map(([what]) => what)).toEqual(['up'])
    link.send(report(1))
    await untilTrue('down', () => events.length === 2)
    expect(events[1]).toEqual(['down', 'silent for 200 ms'])
    await untilTrue('up again', () => link.connected)
    authority.freeze()
    await untilTrue('down again', () => events.length === 4)
    expect(events[3]).toEqual(['down', 'silent for 200 ms'])
  })

  test('a frame that is none ends the session, not the process', async () => {
    const authority = await startAuthority()
    const { link, events } = startLink(authority)
    for (const [round, text] of ['{', '[]', '{"t":"state"}', '{"t":"welcome"}'].entries()) {
      await untilTrue('up', () => authority.sessions() === round + 1 && link.connected)
      authority.sendText(text)
      await untilTrue('down', () => events.filter(([what]) => what === 'down').length === round + 1)
    }
  })

  test('a refusal is told with its code, in a frame or as the answer to the upgrade', async () => {
    const authority = await startAuthority()
    const first = startLink(authority)
    await untilTrue('up', () => first.link.connected)
    authority.send({ t: 'refused', code: 'CERTIFICATE_EXPIRED', why: 'it expired' })
    await untilTrue('refused', () => first.events.length === 3)
    expect(first.events.slice(1)).toEqual([
      ['refused', 'CERTIFICATE_EXPIRED', 'it expired'],
      ['down', 'refused: it expired'],
    ])
    authority.refuseUpgrade = { status: 404, body: { error: 'UNKNOWN_CLUSTER', message: 'no such cluster' } }
    const second = startLink(authority)
    await untilTrue('refused', () => second.events.length === 2)
    expect(second.events).toEqual([
      ['refused', 'UNKNOWN_CLUSTER', 'no such cluster'],
      ['down', 'HTTP status 404: no such cluster'],
    ])
  })

  test('an authority that is not there is told once, however often it is tried', async () => {
    const authority = await startAuthority()
    authority.refuseUpgrade = { status: 503, body: {} }
    const busy = startLink(authority)
    await untilTrue('tried', () => authority.upgrades() >= 4)
    expect(busy.events).toEqual([['down', 'HTTP status 503']])
    const absent = startLink({ url: 'http://127.0.0.1:1' })
    await untilTrue('down', () => absent.events.length === 1)
    expect(absent.events).toEqual([['down', expect.stringContaining('ECONNREFUSED')]])
    expect(await absent.link.request({ t: 'claim', claim: CLAIM })).toMatchObject({ code: 'UNREACHABLE' })
  })
})

describe('without a session, over HTTP,', () => {
  /** Upgrades are refused, requests are not. */
  async function withoutSession(): Promise<{ authority: TestAuthority; link: ControlLink }> {
    const authority = await startAuthority()
    authority.refuseUpgrade = { status: 503, body: {} }
    const { link, events } = startLink(authority)
    await untilTrue('down', () => events.length === 1)
    return { authority, link }
  }

  test('claims and reshapes travel with the certificate, once', async () => {
    const { authority, link } = await withoutSession()
    expect(await link.request({ t: 'claim', claim: CLAIM })).toEqual({ ok: true, state: STATE })
    expect(await link.request({ t: 'reshape', reshape: CLAIM })).toEqual({ ok: true, state: STATE })
    expect(authority.posts).toEqual([
      { path: '/v1/networks/receivables/clusters/c1/claims', body: { statement: CLAIM, certificate: OPAQUE_JWS } },
      { path: '/v1/networks/receivables/clusters/c1/reshapes', body: { statement: CLAIM, certificate: OPAQUE_JWS } },
    ])
    expect(await link.request({ t: 'confirm', token: TOKEN })).toMatchObject({ code: 'UNREACHABLE' })
  })

  test('a refusal comes with its code and state; what is no answer of the authority is UNREACHABLE', async () => {
    const { authority, link } = await withoutSession()
    authority.onPost = (response) => {
      const body = { error: 'STALE_VERSION', message: 'version 9', remedy: 'look', retryAfterMs: null, state: STATE }
      response.writeHead(409).end(JSON.stringify(body))
    }
    expect(await link.request({ t: 'claim', claim: CLAIM })).toEqual({
      ok: false,
      code: 'STALE_VERSION',
      why: 'version 9',
      retryAfterMs: null,
      state: STATE,
    })
    for (const [status, text] of [
      [502, '<html>bad gateway</html>'],
      [200, '{"ok":true}'],
      [200, 'x'.repeat(400_000)],
    ] as const) {
      authority.onPost = (response) => void response.writeHead(status).end(text)
      expect(await link.request({ t: 'claim', claim: CLAIM })).toMatchObject({ ok: false, code: 'UNREACHABLE' })
    }
    authority.onPost = (response) => void response.destroy()
    expect(await link.request({ t: 'claim', claim: CLAIM })).toMatchObject({ ok: false, code: 'UNREACHABLE' })
    expect(authority.posts).toHaveLength(5)
  })

  test('an answer that does not come, or does not end, is UNREACHABLE after 2 s', async () => {
    const { authority, link } = await withoutSession()
    authority.onPost = (response, path) => void (path.endsWith('claims') && response.writeHead(200).write('{'))
    const started = performance.now()
    const replies = await Promise.all([
      link.request({ t: 'claim', claim: CLAIM }),
      link.request({ t: 'reshape', reshape: CLAIM }),
    ])
    expect(replies.map((reply) => !reply.ok && reply.code)).toEqual(['UNREACHABLE', 'UNREACHABLE'])
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(authority.posts).toHaveLength(2)
  })
})

test('[NW2] polls the master table over the session, and over HTTP without one: only what is new is handed on', async () => {
  const authority = await startAuthority()
  const { link, events } = startLink(authority)
  await untilTrue('up', () => link.connected)
  authority.onMessage = (message, send) => {
    if (message.t === 'getMasters') send({ t: 'masters', table: OPAQUE_JWS })
  }
  link.pollMasters()
  await untilTrue('the table', () => events.length === 2)
  expect(events[1]).toEqual(['masters', OPAQUE_JWS])

  const asked: (string | undefined)[] = []
  authority.onGet = (response, request) => {
    asked.push(`${request.url} ${request.headers['if-none-match']}`)
    const same = request.headers['if-none-match'] === '"1"'
    response.writeHead(same ? 304 : 200, { etag: '"1"' }).end(same ? '' : JSON.stringify({ table: OPAQUE_JWS }))
  }
  authority.refuseUpgrade = { status: 503, body: {} }
  authority.dropAll()
  await untilTrue('down', () => !link.connected)
  link.pollMasters()
  await untilTrue('the table', () => events.filter(([what]) => what === 'masters').length === 2)
  link.pollMasters()
  await untilTrue('asked again', () => asked.length === 2)
  const path = '/v1/networks/receivables/masters'
  expect(asked).toEqual([`${path} undefined`, `${path} "1"`])
  for (const [status, body] of [
    [200, '{}'],
    [200, '{'],
    [500, ''],
  ] as const) {
    const before = asked.length
    authority.onGet = (response) => {
      asked.push(body)
      response.writeHead(status).end(body)
    }
    // An answer that is of no use is forgotten: the next poll asks again.
    await untilTrue('asked', () => {
      link.pollMasters()
      return asked.length === before + 2
    })
  }
  expect(events.filter(([what]) => what === 'masters')).toHaveLength(2)
})
