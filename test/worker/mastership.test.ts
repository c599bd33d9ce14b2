import { verifyCredential, verifyGrant } from '@baton/shared/crypto/credential'
import type { Resignation } from '@baton/shared/crypto/statement-types'
import { signStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { LogIndex, Version } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { CLUSTERS, NETWORK, POLICY, testGenesis } from './network.ts'
import { type Reply, type TestNode, threeNodes } from './test-node.ts'

const clusters = CLUSTERS[Symbol.iterator]()
const fresh = () => clusters.next().value!
const SILENCE = { kind: 'silence', forMs: 1_000 } as const
const REFUSED = { kind: 'refused' } as const

/** A deployed authority is past its grace: these tests wait it out. */
async function afterGrace(nodes: readonly TestNode[]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, POLICY.startupGraceMs))
  for (const node of nodes) await node.report()
}

/** Asks until something else than `code` is answered. */
async function claimUntilNot(code: string, ask: () => Promise<Reply>): Promise<Reply> {
  return eventually(async () => {
    const reply = await ask()
    if (!reply.ok && reply.code === code) throw new Error(code)
    return reply
  })
}

test('[RG3, RG2] a master that is heard keeps its epoch; after masterTtl of silence the standby is granted', async () => {
  const [a, b, c] = await threeNodes(fresh())
  await afterGrace([a, b])
  const refused = await b.claim(SILENCE)
  expect(refused).toMatchObject({ ok: false, code: 'MASTER_ALIVE', state: { epoch: 1, master: a.node } })
  if (refused.ok) throw new Error()
  expect(refused.retryAfterMs).toBeGreaterThan(0)
  expect(refused.retryAfterMs).toBeLessThanOrEqual(POLICY.masterTtlMs)
  const granted = await claimUntilNot('MASTER_ALIVE', () => b.claim(SILENCE))
  expect(granted).toMatchObject({ ok: true, state: { epoch: 2, master: b.node, syncSet: [b.node] } })
  for (const node of [a, c]) await node.seeState((state) => state.master === b.node)
})

test('[RG3] another member’s fresh report keeps the master alive', async () => {
  const [a, b, c] = await threeNodes(fresh())
  await afterGrace([a, b])
  await new Promise((resolve) => setTimeout(resolve, POLICY.masterTtlMs))
  await c.report({ heardMasterMs: 0, heardSyncSetMs: null })
  expect(await b.claim(SILENCE)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
})

test('[RG3] a refused reconnect and a closed session: granted at once', async () => {
  const [a, b] = await threeNodes(fresh())
  await a.report()
  expect(await b.claim(REFUSED)).toMatchObject({ ok: false, code: 'MASTER_ALIVE' })
  a.disconnect()
  await b.take('sessionClosed')
  expect(await b.claim(REFUSED)).toMatchObject({ ok: true, state: { epoch: 2, master: b.node } })
})

test('[RG2, ID1] the grant is signed by the authority, repeats the nonce and makes a verifiable credential', async () => {
  const [a, b] = await threeNodes(fresh())
  a.disconnect()
  await b.take('sessionClosed')
  const reply = await b.claim(REFUSED, { nonce: 'my-nonce', coming: `${b.cluster}-c` as typeof b.node })
  if (!reply.ok) throw new Error(reply.why)
  const genesis = await testGenesis()
  const { credential } = reply.state
  expect(await verifyGrant(genesis, credential.grant)).toMatchObject({
    ok: true,
    value: { network: NETWORK, epoch: 2, node: b.node, nonce: 'my-nonce', coming: `${b.cluster}-c`, recovering: false },
  })
  expect(await verifyCredential(genesis, credential)).toMatchObject({
    ok: true,
    value: { node: b.node, key: b.keys.publicKey },
  })
})

test('[RG1, RG2] of two concurrent claims one is granted, and its repeat gives the same grant', async () => {
  const [a, b, c] = await threeNodes(fresh())
  expect(await a.reshape([a.node, b.node, c.node])).toMatchObject({ ok: true })
  for (const node of [b, c]) await node.seeState((state) => state.syncSet.length === 3)
  a.disconnect()
  await Promise.all([b.take('sessionClosed'), c.take('sessionClosed')])
  const claims = [await b.signedClaim(REFUSED), await c.signedClaim(REFUSED)]
  const replies = await Promise.all([b.sendClaim(claims[0]!), c.sendClaim(claims[1]!)])
  expect(replies.filter((reply) => reply.ok)).toHaveLength(1)
  expect(replies.find((reply) => !reply.ok)).toMatchObject({ code: 'STALE_VERSION', state: { epoch: 2 } })
  const winner = replies[0]!.ok ? 0 : 1
  const again = await [b, c][winner]!.sendClaim(claims[winner]!)
  expect(again).toEqual({ ...replies[winner], request: again.request })
})

test('[RG1] a stale version is refused with the current state', async () => {
  const [a, b, c] = await threeNodes(fresh())
  const stale = (a.known.version - 1) as Version
  expect(await b.claim({ kind: 'own' }, { version: stale })).toMatchObject({
    ok: false,
    code: 'STALE_VERSION',
    state: { version: b.known.version },
  })
  expect(await a.reshape([a.node, c.node], { version: stale })).toMatchObject({ ok: false, code: 'STALE_VERSION' })
})

test('[RG3] a resignation signed by the master lets its successor in at once', async () => {
  const [a, b, c] = await threeNodes(fresh())
  const { generation, epoch } = a.known
  const payload: Resignation = { network: NETWORK, cluster: a.cluster, generation, epoch, node: a.node, to: b.node }
  const forged = await signStatement('resignation', payload, c.keys.privateKey)
  expect(await b.claim({ kind: 'resigned', resignation: forged })).toMatchObject({ code: 'STATEMENT_INVALID' })
  const resignation = await signStatement('resignation', payload, a.keys.privateKey)
  expect(await b.claim({ kind: 'resigned', resignation })).toMatchObject({ ok: true, state: { master: b.node } })
})

test('[RG2, EL6] refuses an ordinary node, and a claim with a shorter log than reported', async () => {
  const [a, b, c] = await threeNodes(fresh())
  await b.report({ durableIndex: 50 as LogIndex })
  a.disconnect()
  await b.take('sessionClosed')
  expect(await c.claim(REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  expect(await b.claim(REFUSED, { durableIndex: 49 as LogIndex })).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
  expect(await b.claim(REFUSED, { durableIndex: 50 as LogIndex })).toMatchObject({ ok: true })
})

test('[RG2, ID5] any peer may relay a claim; a claim that its node has not signed changes nothing', async () => {
  const [a, b, c] = await threeNodes(fresh())
  a.disconnect()
  await c.take('sessionClosed')
  await c.seeState((state) => state.syncSet.length === 2)
  const forged = await c.signedClaim(REFUSED, { node: b.node })
  expect(await c.sendClaim(forged)).toMatchObject({ ok: false, code: 'STATEMENT_INVALID', state: { epoch: 1 } })
  expect(await c.sendClaim(await b.signedClaim(REFUSED))).toMatchObject({ ok: true, state: { master: b.node } })
})

test('[RG4] only the master changes the sync set, and everybody learns of it', async () => {
  const [a, b, c] = await threeNodes(fresh())
  expect(await b.reshape([a.node, b.node, c.node])).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
  expect(await a.reshape([a.node])).toMatchObject({ ok: true, state: { syncSet: [a.node] } })
  for (const node of [b, c]) await node.seeState((state) => state.syncSet.length === 1)
  expect(await b.claim(REFUSED)).toMatchObject({ ok: false, code: 'NOT_ELECTABLE' })
})

test('[RG7] confirms the master and nobody else', async () => {
  const [a, b] = await threeNodes(fresh())
  expect(await a.confirm()).toMatchObject({ ok: true, state: { master: a.node } })
  expect(await b.confirm()).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER', state: { master: a.node } })
})

test('[RG4] each view carries the authority’s own statement of the sync set, which names the request it rests on', async () => {
  const [a, b, c] = await threeNodes(fresh())
  const changed = await a.reshape([a.node, b.node, c.node])
  if (!changed.ok) throw new Error(changed.why)
  const { state } = changed
  const { network, cluster, generation, epoch, version, syncSet, reshape, recorded } = state
  expect(reshape).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  const verified = await verifyStatement('syncSet', recorded!, (await testGenesis()).authorityKeys)
  expect(verified).toEqual({
    ok: true,
    payload: { network, cluster, generation, epoch, version, syncSet, reshape: reshape! },
  })
  // The same to everybody, and another one for the next version.
  expect((await c.seeState((each) => each.version === version)).recorded).toBe(recorded)
  const next = await a.reshape([a.node, b.node])
  expect(next).toMatchObject({ ok: true, state: { syncSet: [a.node, b.node] } })
  if (next.ok) expect(next.state.recorded).not.toBe(recorded)
})
