import { expect, test } from 'vitest'
import { A, B, C, foundedCluster, REQUEST, RegistryUnderTest, token } from './fixture.ts'

test('[RG11] every decision and refusal is an event with who, why, evidence and the resulting state', () => {
  const cluster = foundedCluster()
  cluster.claim(B, { kind: 'refused' })
  expect(cluster.last?.events).toMatchObject([
    {
      event: 'claim-refused',
      who: B,
      code: 'MASTER_ALIVE',
      why: expect.stringContaining('c1-a'),
      evidence: { kind: 'claim', given: { kind: 'refused' }, claim: { node: B, epoch: 2 } },
      after: { epoch: 1, master: A, syncSet: [A, B] },
    },
  ])
  cluster.reshape([A, B, C])
  expect(cluster.last?.events).toMatchObject([{ event: 'reshaped', who: A, after: { syncSet: [A, B, C] } }])
  cluster.reshape([A, B, C])
  expect(cluster.last?.events).toMatchObject([{ event: 'reshape-repeated' }])
  cluster.reshape([B])
  expect(cluster.last?.events).toMatchObject([{ event: 'reshape-refused', code: 'STATEMENT_INVALID' }])
  cluster.send({ i: 'confirm', from: REQUEST, node: A, token: token(1) })
  expect(cluster.last?.events).toMatchObject([{ event: 'confirmed', who: A }])
  cluster.send({ i: 'confirm', from: REQUEST, node: B, token: token(1) })
  expect(cluster.last?.events).toMatchObject([{ event: 'confirm-refused', who: B, code: 'NOT_CURRENT_MASTER' }])
  cluster.close(A)
  const claim = cluster.claimOf(B, { kind: 'refused' })
  cluster.send({ i: 'claim', from: REQUEST, claim, resignation: null })
  expect(cluster.last?.events).toMatchObject([{ event: 'granted', who: B, after: { epoch: 2, master: B } }])
  cluster.send({ i: 'claim', from: REQUEST, claim, resignation: null })
  expect(cluster.last?.events).toMatchObject([{ event: 'grant-repeated', who: B }])
})

test('[RG11] creation, founding and members are events', () => {
  const cluster = new RegistryUnderTest()
  expect(cluster.create().events).toMatchObject([{ event: 'created', who: A, after: { master: null } }])
  expect(cluster.register(A).events.map((event) => event.event)).toEqual(['member-added', 'granted'])
  expect(cluster.register(B).events.map((event) => event.event)).toEqual(['member-added'])
  expect(cluster.register(B, { priority: 5 }).events.map((event) => event.event)).toEqual(['member-changed'])
})
