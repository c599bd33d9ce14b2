import { TRANSITIONS } from '@baton/shared/core/registry/machine'
import type { RegistryInput } from '@baton/shared/core/registry/messages'
import type { Jws, LogIndex } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import {
  A,
  B,
  CLUSTER,
  D,
  foundedCluster,
  member,
  NETWORK,
  outcomeOf,
  POLICY,
  REQUEST,
  RegistryUnderTest,
  token,
} from './fixture.ts'

const reference = foundedCluster()
const INPUTS: { readonly [Name in RegistryInput['i']]: Extract<RegistryInput, { i: Name }> } = {
  create: { i: 'create', network: NETWORK, cluster: CLUSTER, founder: A, policy: POLICY },
  memberSeen: { i: 'memberSeen', member: member(B), nonce: 'n' },
  revoked: { i: 'revoked', id: 'r-1', node: B, key: member(B).key, by: 'the owner', why: 'a test' },
  sessionOpened: { i: 'sessionOpened', node: B, session: 's' },
  sessionClosed: { i: 'sessionClosed', node: B, session: 's' },
  report: {
    i: 'report',
    node: B,
    session: 's',
    report: {
      report: 1,
      token: token(0),
      role: 'follower',
      stalled: false,
      durableIndex: 0 as LogIndex,
      height: 0,
      heardMasterMs: null,
      heardSyncSetMs: null,
    },
  },
  claim: { i: 'claim', from: REQUEST, claim: reference.claimOf(B, { kind: 'refused' }), resignation: null },
  reshape: {
    i: 'reshape',
    from: REQUEST,
    reshape: { network: NETWORK, cluster: CLUSTER, ...token(1), version: reference.version, node: B, syncSet: [B] },
    statement: 'a.b.c' as Jws,
  },
  confirm: { i: 'confirm', from: REQUEST, node: B, token: token(1) },
  recovered: { i: 'recovered', from: REQUEST, node: B, token: token(1), by: { kind: 'height', height: 9 } },
  verified: { i: 'verified', from: REQUEST, node: B, token: token(0), height: 9 },
  order: { i: 'order', id: 'o-1', node: D, cause: 'threshold', why: 'too many errors' },
  operator: { i: 'operator', from: REQUEST, by: 'ann', why: 'a test', action: { act: 'allow-data-loss', node: D } },
  shown: { i: 'shown', node: B, session: 's', grant: null, reshape: null },
  directoryKnows: {
    i: 'directoryKnows',
    grant: { network: NETWORK, cluster: CLUSTER, ...reference.registry.lastGrant },
  },
  foreignSilence: { i: 'foreignSilence', reporters: 3, clusters: 4, silentForMs: 60_000 },
  tick: { i: 'tick' },
}

test('[RG11, RG2] every state has an answer to every input, and every request is answered', () => {
  const created = new RegistryUnderTest()
  created.create()
  const clusters = { absent: new RegistryUnderTest(), unfounded: created, founded: foundedCluster() }
  for (const [status, cells] of Object.entries(TRANSITIONS)) {
    expect(Object.keys(cells).sort()).toEqual(Object.keys(INPUTS).sort())
    for (const input of Object.values(INPUTS)) {
      const cluster = clusters[status as keyof typeof clusters]
      const before = cluster.state
      const step = cluster.send(input)
      if ('from' in input) {
        expect(outcomeOf(step)).toMatchObject({ ok: false })
        expect(step.write).toEqual([])
      }
      cluster.state = before
    }
  }
})
