/** Who follows the event log of a cluster: woken by whatever is recorded, and let in anew each time (RG11, ID7). */

import { env } from 'cloudflare:workers'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { describe, expect, test } from 'vitest'
import { OPAQUE_JWS } from '../support/fixed-network.ts'
import { join, makeToken, nodeSubject, post, revocationOf, sendNotice, tokenNode } from './identity-fixture.ts'
import { CLUSTERS, keyOf, NETWORK } from './network.ts'
import { act, bearer, eventsOf, type LoggedEvent, operatorToken } from './operator-client.ts'
import { clusterUrl, get, TestNode, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const WAIT_SECONDS = 20
/** Far below the wait: it was woken, and did not just time out. */
const AT_ONCE_MS = 8_000
const YEAR = 365 * 24 * 3_600_000

type Page = { readonly events: readonly { readonly event: LoggedEvent }[] }

async function follow(cluster: ClusterId, token: string, waitSeconds = WAIT_SECONDS): Promise<Response> {
  const after = (await eventsOf(cluster)).length
  return get(clusterUrl(cluster, `/events?after=${after}&wait=${waitSeconds}`), { headers: bearer(token) })
}

/** The page that whoever follows gets when `happens` happens. */
async function told(cluster: ClusterId, happens: () => Promise<unknown>): Promise<readonly LoggedEvent[]> {
  const answer = follow(cluster, await operatorToken(cluster, 'viewer'))
  await waiting(cluster)
  const before = performance.now()
  await happens()
  const page = await (await answer).json<Page>()
  expect(performance.now() - before).toBeLessThan(AT_ONCE_MS)
  return page.events.map(({ event }) => event)
}

/** The request waits in the object: a call that came after it has been answered. */
async function waiting(cluster: ClusterId): Promise<void> {
  for (let call = 0; call < 3; call += 1) await get(clusterUrl(cluster, '/nodes'))
}

describe('identity events wake whoever follows', () => {
  test('[RG11, ID3] a join, and a join that is refused', async () => {
    const cluster = fresh()
    const token = await makeToken(cluster, { uses: 1 })
    const [n, o] = [await tokenNode(token, 'n'), await tokenNode(token, 'o')]
    expect(await told(cluster, () => join(n))).toMatchObject([{ event: 'joined', who: n.node }])
    const refused = await told(cluster, () => join(o))
    expect(refused).toMatchObject([{ event: 'join-refused', who: o.node, code: 'TOKEN_USED_UP' }])
  })

  test('[RG11, ID8] a renewal, and one that is refused', async () => {
    const cluster = fresh()
    const soon = (Date.now() + 60_000) as UnixMs
    const node = await TestNode.make(cluster, 'a', { expiresAt: soon, renewUntil: (Date.now() + 2 * YEAR) as UnixMs })
    await node.connect()
    const renew = async (expiresAt: number) => {
      const { certificate } = node
      const payload = { network: NETWORK, cluster, node: node.node, certificate, issuedAt: Date.now(), expiresAt }
      const renewal = await signStatement('renewal', payload as never, node.keys.privateKey)
      return post(clusterUrl(cluster, '/renewals'), { renewal })
    }
    const events = await told(cluster, () => renew(Date.now() + YEAR))
    expect(events[0]).toMatchObject({ event: 'certificate-renewed', who: node.node })
    const refused = await told(cluster, () => renew(Date.now() + 3 * YEAR))
    expect(refused).toMatchObject([{ event: 'renewal-refused', who: node.node, code: 'RENEWAL_REFUSED' }])
  })

  test('[RG11, ID8] an owner’s notice, with what follows from it; a session that is refused', async () => {
    const [, , c] = await threeNodes(fresh())
    const notice = await revocationOf(c.cluster, nodeSubject(c))
    const events = await told(c.cluster, () => sendNotice(notice))
    expect(events[0]).toMatchObject({ event: 'notice', who: `owner of ${c.cluster}`, why: 'its host was stolen' })
    const refused = await told(c.cluster, async () => {
      await c.open()
      await c.hello()
    })
    expect(refused).toMatchObject([{ event: 'session-refused', who: c.node, code: 'CERTIFICATE_REVOKED' }])
  })

  test('[RG11, ID1] a change of the authority’s keys', async () => {
    const [a] = await threeNodes(fresh())
    const { cluster } = a
    const keys = [(await keyOf('authority')).publicKey, (await keyOf('the next authority')).publicKey]
    const change = { network: NETWORK, cluster, sequence: 1, keys, retired: [] }
    const notice = await signStatement('authorityKeys', change, (await keyOf(`owner ${cluster}`)).privateKey)
    const events = await told(cluster, () => sendNotice(notice))
    expect(events).toMatchObject([{ event: 'notice', who: `owner of ${cluster}`, why: 'authority keys, change 1' }])
  })
})

describe('an operator whose token ends while it follows', () => {
  test('[ID7, ID8] is told so at once and gets no event any more; others are told of it', async () => {
    const [a] = await threeNodes(fresh())
    const { cluster } = a
    const lost = await operatorToken(cluster, 'viewer', { id: 'lost', name: 'Ann' })
    const answer = follow(cluster, lost)
    await waiting(cluster)
    const events = await told(cluster, async () =>
      sendNotice(await revocationOf(cluster, { kind: 'operator', operator: 'lost' })),
    )
    expect(events[0]).toMatchObject({ event: 'notice', why: 'its host was stolen' })
    const refused = await answer
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { error: 'UNAUTHENTICATED', message: 'the operator token of Ann is revoked: its host was stolen' },
    ])
    const path = clusterUrl(cluster, '/events').slice(new URL(clusterUrl(cluster)).origin.length)
    await expect
      .poll(async () => (await eventsOf(cluster)).at(-1))
      .toMatchObject({ event: 'operator-refused', who: 'Ann', evidence: { call: `GET ${path}`, token: 'lost' } })
  })

  test('[ID7] by its expiry, too', async () => {
    const cluster = fresh()
    await TestNode.online(cluster, 'a')
    const short = await operatorToken(cluster, 'viewer', { name: 'Ben', expiresAt: (Date.now() + 1_500) as UnixMs })
    const refused = await follow(cluster, short, 3)
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { message: 'the operator token of Ben has expired' },
    ])
  })

  test('[ID7, ID8] acts no more, though it was let in before it was revoked', async () => {
    const [a] = await threeNodes(fresh())
    const { cluster } = a
    const operator = {
      network: NETWORK,
      cluster,
      name: 'Cid',
      role: 'operator',
      id: 'late',
      issuedAt: 0,
      expiresAt: 9e15,
    }
    const authority = env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`)
    const pause = { act: 'pause', until: (Date.now() + 60_000) as UnixMs } as const
    const operate = (dryRun: boolean) =>
      authority.operate(cluster, {
        operator: operator as never,
        authorization: OPAQUE_JWS,
        why: 'a test',
        against: null,
        dryRun,
        action: pause,
      })
    expect(await operate(true)).toMatchObject({ ok: true })
    await sendNotice(await revocationOf(cluster, { kind: 'operator', operator: 'late' }))
    // The directory tells the authority; a dry run changes nothing meanwhile.
    await expect.poll(() => operate(true)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
    expect(await operate(false)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
    expect((await eventsOf(cluster)).at(-1)).toMatchObject({ event: 'operator-refused', who: 'Cid' })
    expect((await act(cluster, 'resume', { dryRun: true })).status).not.toBe(401)
    expect((await eventsOf(cluster)).some(({ event }) => event === 'paused')).toBe(false)
  })
})
