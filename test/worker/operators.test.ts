import type { OperatorAction } from '@baton/shared/core/registry/messages'
import { OPERATOR_ROLES, type OperatorRole } from '@baton/shared/crypto/statement-types'
import type { ClusterId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { ACTS } from '@baton/shared/protocol/operator-acts'
import { describe, expect, test } from 'vitest'
import { CLUSTERS, NETWORK } from './network.ts'
import { ACT_BODIES, act, bearer, eventsOf, operatorToken } from './operator-client.ts'
import { clusterUrl, get, ORIGIN, TestNode } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const UNAUTHENTICATED = { error: 'UNAUTHENTICATED', remedy: expect.stringContaining('baton operator create') }

const NAMES = Object.keys(ACT_BODIES) as OperatorAction['act'][]

async function statusOf(cluster: ClusterId): Promise<unknown> {
  return (await get(clusterUrl(cluster))).json()
}

describe('who may', () => {
  const cluster = fresh()

  test('[ID7] nobody acts without a token that the owner of the cluster has signed; each attempt is an event', async () => {
    await TestNode.online(cluster, 'a')
    const before = await statusOf(cluster)
    const wrong: readonly [string, string | null][] = [
      ['none', null],
      ['no token at all', 'abc'],
      ['of a stranger', await operatorToken(cluster, 'owner', {}, 'a stranger')],
      ['of the authority', await operatorToken(cluster, 'owner', {}, 'authority')],
      ['of another owner', await operatorToken(cluster, 'owner', {}, `owner ${CLUSTERS[11]}`)],
      ['of a node', await operatorToken(cluster, 'owner', {}, `node ${cluster}-a`)],
      ['expired', await operatorToken(cluster, 'owner', { expiresAt: 1 as never })],
      ['of another network', await operatorToken(cluster, 'owner', { network: 'other' as never })],
    ]
    for (const [what, token] of wrong) {
      const answer = await act(cluster, 'freeze', {}, token)
      expect(answer.status, what).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(await answer.json(), what).toMatchObject(UNAUTHENTICATED)
    }
    expect(await statusOf(cluster)).toMatchObject({ state: (before as { state: object }).state })
    const refused = (await eventsOf(cluster)).filter(({ event }) => event === 'operator-refused')
    expect(refused).toHaveLength(wrong.length)
    for (const event of refused) {
      const call = `POST /v1/networks/${NETWORK}/clusters/${cluster}/acts/freeze`
      expect(event).toMatchObject({ who: 'unknown', code: 'UNAUTHENTICATED', evidence: { kind: 'call', call } })
    }
  })

  test('[ID7] a token of another cluster is worth nothing here, and the event has the name', async () => {
    const foreign = await operatorToken(CLUSTERS[11], 'owner', { name: 'Mallory' })
    const answer = await act(cluster, 'freeze', {}, foreign)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: 'FORBIDDEN', message: expect.stringContaining('Mallory') })
    expect((await eventsOf(cluster)).at(-1)).toMatchObject({ event: 'operator-refused', code: 'FORBIDDEN' })
  })

  test.each(NAMES)(
    '[ID7] %s needs its role: those below are refused by name, with an event, and change nothing',
    async (name) => {
      const place = OPERATOR_ROLES.indexOf(ACTS[name].role)
      expect(place).toBeGreaterThan(0)
      const before = await statusOf(cluster)
      for (const role of OPERATOR_ROLES.slice(0, place)) {
        const answer = await act(cluster, name, ACT_BODIES[name], await operatorToken(cluster, role))
        expect(answer.status).toBe(403)
        expect(await answer.json()).toMatchObject({
          error: 'FORBIDDEN',
          message: expect.stringContaining(ACTS[name].role),
        })
      }
      expect(await statusOf(cluster)).toMatchObject({ state: (before as { state: object }).state })
      // From its role on the request reaches the registry, which may have its own reasons.
      for (const role of OPERATOR_ROLES.slice(place)) {
        const answer = await act(
          cluster,
          name,
          { ...ACT_BODIES[name], dryRun: true },
          await operatorToken(cluster, role),
        )
        expect([200, 400, 404, 409]).toContain(answer.status)
      }
    },
  )

  test('[ID7] what can lose data or give a cluster a second memory is for owners, all else for operators', () => {
    const forOwners = NAMES.filter((name) => ACTS[name].role === 'owner').sort()
    expect(forOwners).toEqual(['accept-incomplete-restore', 'allow-data-loss', 'end-recovery', 'raise-generation'])
    expect(NAMES.filter((name) => ACTS[name].role === 'viewer')).toEqual([])
  })

  test('[ID7] any role reads events, explanation and figures; nobody else does', async () => {
    const paths = ['/events', '/explain', '/metrics']
    for (const path of paths) {
      expect((await get(clusterUrl(cluster, path))).status).toBe(401)
      for (const role of OPERATOR_ROLES as readonly OperatorRole[]) {
        const headers = bearer(await operatorToken(cluster, role))
        expect((await get(clusterUrl(cluster, path), { headers })).status).toBe(200)
      }
    }
    const network = `${ORIGIN}/v1/networks/${NETWORK}/events`
    expect((await get(network)).status).toBe(401)
    expect((await get(network, { headers: bearer(await operatorToken(cluster, 'viewer')) })).status).toBe(200)
  })

  test('[ID7] a flood of refused calls fills the log to a bound in a minute, and the rest is counted', async () => {
    const flooded = fresh()
    for (let call = 0; call < LIMITS.refusedCallsPerMinute + 15; call += 1) {
      expect((await act(flooded, 'resume', {}, null)).status).toBe(401)
    }
    const refused = (await eventsOf(flooded)).filter(({ event }) => event === 'operator-refused')
    expect(refused).toHaveLength(LIMITS.refusedCallsPerMinute)
  })
})
