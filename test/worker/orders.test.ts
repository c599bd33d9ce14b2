import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { brokenLink, type ChainedEvent } from '@baton/shared/core/registry/event-chain'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { peekStatement, verifyStatement } from '@baton/shared/crypto/statements'
import type { Jws, NetworkId } from '@baton/shared/ids'
import { failure, type Result } from '@baton/shared/result'
import { beforeAll, expect, test, vi } from 'vitest'
import { ClusterAuthority } from '../../worker/src/objects/cluster-authority.ts'
import {
  accusation,
  agree,
  allMasters,
  authority,
  bring,
  directory,
  eventsOf,
  F,
  findingsOf,
  OLD,
  RIGHT,
  reportOf,
  TWO_THIRDS,
  twoVotes,
  WRONG,
} from './audited.ts'
import { eventually } from './eventually.ts'
import { CLUSTERS } from './network.ts'
import { TestNode } from './test-node.ts'

let masters: readonly TestNode[]
const master = (number: number) => masters[number - 1]!
/** All but these. */
const others = (...numbers: readonly number[]) => masters.filter((_, index) => !numbers.includes(index + 1))
const ordersOf = async (node: TestNode) => {
  const status = await authority(node.cluster).status(node.cluster)
  if (!status.ok) throw new Error(status.why)
  return status.value.state?.orders ?? []
}

/** As anybody checks it: with the key of the master that it names. */
async function signedReport(statement: Jws) {
  const read = peekStatement('resultReport', statement)
  if (!read.ok) throw new Error(read.why)
  const { publicKey } = masters.find(({ node }) => node === read.payload.node)!.keys
  const verified = await verifyStatement('resultReport', statement, [publicKey])
  if (!verified.ok) throw new Error(verified.why)
  return verified.payload
}

beforeAll(async () => {
  masters = await allMasters()
})

test('[NW4] two thirds are not enough for a mismatch; one more is', async () => {
  await agree([master(1)], 10, WRONG)
  await agree(others(1).slice(0, TWO_THIRDS - 1), 10)
  expect(await eventsOf('result-mismatch')).toEqual([])
  await agree(others(1).slice(TWO_THIRDS - 1, TWO_THIRDS), 10)
  const agreeing = others(1)
    .slice(0, TWO_THIRDS)
    .map(({ cluster }) => cluster)
  expect(await eventsOf('result-mismatch')).toMatchObject([
    { by: { cluster: CLUSTERS[0] }, height: 10, result: WRONG, agreed: { result: RIGHT }, agreeing: agreeing.sort() },
  ])
  // What each of them has signed stands in the event: the accused one first.
  const [event] = (await eventsOf('result-mismatch')) as unknown as [{ evidence: { reports: readonly Jws[] } }]
  const said = await Promise.all(event.evidence.reports.map(signedReport))
  expect(said.map(({ cluster }) => cluster)).toEqual([CLUSTERS[0], ...agreeing])
  expect(said.map(({ results }) => results[0]!.result)).toEqual([WRONG, ...agreeing.map(() => RIGHT)])
})

test('[NW4] what f masters say of another counts nothing, however often; one more makes it an error, once', async () => {
  const said = (from: TestNode, height: number) => findingsOf(from, { accusations: [accusation(master(2), height)] })
  for (const from of others(2).slice(0, F)) {
    for (const height of [20, 21, 22, 23])
      expect(await bring('findings', await said(from, height), from)).toEqual({ ok: true, value: null })
    for (const height of [20, 21, 22, 23])
      expect(await bring('findings', await said(from, height), from)).toEqual({ ok: true, value: null })
  }
  expect(await eventsOf('invalid-proposal')).toEqual([])
  const one = others(2)[F]!
  for (let again = 0; again < 2; again++) await bring('findings', await said(one, 20), one)
  expect(await eventsOf('invalid-proposal')).toMatchObject([{ by: { cluster: CLUSTERS[1] }, height: 20, evidence: {} }])
  expect(await eventsOf('threshold-passed')).toEqual([])
})

test('[NW4] two signed messages prove themselves, whoever brings them, and stand in the log for anyone to check', async () => {
  const evidence = await twoVotes(master(3), 30)
  const [bringer, again] = [master(4), master(5)]
  for (const by of [bringer, again]) {
    expect(await bring('findings', await findingsOf(by, { evidence: [evidence] }), by)).toEqual({
      ok: true,
      value: null,
    })
  }
  expect(await eventsOf('equivocation')).toMatchObject([{ by: { cluster: CLUSTERS[2] }, height: 30, evidence }])
})

test('[NW1, NW4] what is forged, foreign or old changes nothing, and is an event with a code', async () => {
  const [liar, honest] = [master(6), master(7)]
  const before = await eventsOf()
  const entry = [{ height: 40, result: WRONG }]
  const forgedVotes = await twoVotes(honest, 41, liar)
  const refused: [string, string, string, 'results' | 'findings'][] = [
    ['signed by another', 'STATEMENT_INVALID', await reportOf(honest, entry, {}, liar), 'results'],
    ['of another epoch', 'NOT_CURRENT_MASTER', await reportOf(liar, entry, { epoch: 9 as never }), 'results'],
    ['of no master', 'NOT_CURRENT_MASTER', await reportOf(liar, entry, { node: 'c6-b' as never }), 'results'],
    [
      'of another network',
      'STATEMENT_INVALID',
      await reportOf(liar, entry, { network: 'other' as NetworkId }),
      'results',
    ],
    ['no statement', 'STATEMENT_INVALID', 'a.b.c', 'results'],
    ['another kind', 'STATEMENT_INVALID', await reportOf(liar, entry), 'findings'],
    [
      'findings in the name of another',
      'STATEMENT_INVALID',
      await findingsOf(liar, { cluster: honest.cluster, node: honest.node }),
      'findings',
    ],
    ['votes signed by another', 'STATEMENT_INVALID', await findingsOf(liar, { evidence: [forgedVotes] }), 'findings'],
    [
      'votes under an unknown token',
      'STATEMENT_INVALID',
      await findingsOf(liar, {
        evidence: [{ ...(await twoVotes(honest, 42)), first: { ...forgedVotes.first, epoch: 7 as never } }],
      }),
      'findings',
    ],
  ]
  for (const [what, code, statement, kind] of refused) {
    expect(await bring(kind, statement, liar), what).toMatchObject({ ok: false, code })
  }
  const since = (await eventsOf()).slice(before.length)
  const event = (code: string, kind: string) => ({
    event: 'report-refused',
    cluster: liar.cluster,
    who: liar.node,
    code,
    kind,
  })
  expect(since).toMatchObject(refused.map(([, code, , kind]) => event(code, kind)))
})

test('[NW5, RG9] the order comes exactly at the threshold, is recorded once, and outlives both objects', async () => {
  const standby = await TestNode.online(CLUSTERS[7], 'b')
  const wrong = master(8)
  await wrong.seeState((state) => state.members.length === 2)
  expect(await wrong.reshape([wrong.node, standby.node])).toMatchObject({ ok: true })
  for (const height of [50, 51]) {
    await agree([wrong], height, WRONG)
    await agree(others(8), height)
  }
  expect(await ordersOf(wrong)).toEqual([])
  expect(await eventsOf('threshold-passed')).toEqual([])
  // Lost on its way: the authority does not answer.
  const lost = vi.spyOn(ClusterAuthority.prototype, 'order').mockResolvedValue(failure('UNREACHABLE', 'lost'))
  await agree([wrong], 52, WRONG)
  await agree(others(8), 52)
  expect(await eventsOf('threshold-passed')).toMatchObject([
    { by: { cluster: wrong.cluster }, why: '3 × result-mismatch' },
  ])
  await eventually(() => expect(lost).toHaveBeenCalled())
  lost.mockRestore()
  expect(await ordersOf(wrong)).toEqual([])
  const given = await eventsOf('order-given')
  expect(given).toMatchObject([
    { by: { node: wrong.node }, order: { node: wrong.node, cause: 'threshold' }, bars: true },
  ])

  await evictDurableObject(directory())
  await runDurableObjectAlarm(directory())
  await eventually(async () => expect(await ordersOf(wrong)).toHaveLength(1))
  await eventually(async () => expect(await eventsOf('order-taken')).toHaveLength(1))
  const { order, bars } = given[0] as never as { order: Parameters<ClusterAuthority['order']>[1]; bars: boolean }
  const recorded = await ordersOf(wrong)
  expect(recorded).toEqual([order])
  const version = async () => {
    const status = await authority(wrong.cluster).status(wrong.cluster)
    return status.ok ? status.value.state?.version : null
  }
  const before = await version()
  for (let again = 0; again < 3; again++) {
    const answer = await authority(wrong.cluster).order(wrong.cluster, order, bars)
    expect(answer).toMatchObject({ ok: true, value: { taken: true, stands: true } })
  }
  expect(await version()).toBe(before)
  await evictDurableObject(authority(wrong.cluster))
  expect(await ordersOf(wrong)).toEqual(recorded)
  // After a switch the same master is nobody's to speak for, and the order has ended.
  await standby.seeState(({ orders }) => orders.length === 1)
  await standby.report()
  const claimed = await standby.claim({ kind: 'ordered', order: order.id })
  expect(claimed).toMatchObject({ ok: true, state: { master: standby.node, orders: [], bars: [wrong.node] } })
  await eventually(async () => expect(await eventsOf('order-ended')).toMatchObject([{ order: { id: order.id } }]))
  const old = await bring('results', await reportOf(wrong, [{ height: 53, result: WRONG }], OLD), wrong)
  expect(old).toMatchObject({ ok: false, code: 'NOT_CURRENT_MASTER' })
})

test('[NW5] one automatic order stands at a time; the next comes when it has ended', async () => {
  const [first, second] = [master(9), master(10)]
  const prove = async (against: TestNode, heights: readonly number[]) => {
    for (const height of heights) {
      const by = master(11)
      const found = await findingsOf(by, { evidence: [await twoVotes(against, height)] })
      expect(await bring('findings', found, by)).toEqual({ ok: true, value: null })
    }
  }
  await prove(first, [60, 61, 62])
  await eventually(async () => expect(await ordersOf(first)).toHaveLength(1))
  await prove(second, [60, 61, 62])
  const passed = (await eventsOf('threshold-passed')).map(({ by }) => (by as { cluster: string }).cluster)
  expect(passed).toEqual(expect.arrayContaining([first.cluster, second.cluster]))
  expect(await ordersOf(second)).toEqual([])
  // Nobody can take over from the first: it goes on, until an operator adds a node that can.
  const standby = await TestNode.online(first.cluster, 'b')
  await first.seeState((state) => state.members.length === 2)
  expect(await first.reshape([first.node, standby.node])).toMatchObject({ ok: true })
  await standby.report()
  const { orders } = await standby.seeState((state) => state.syncSet.length === 2)
  expect(await standby.claim({ kind: 'ordered', order: orders[0]!.id })).toMatchObject({ ok: true })
  await eventually(async () => expect(await ordersOf(second)).toHaveLength(1))
})

test('[RG11] the log of the directory is one chain over all of it, restarts included', async () => {
  await abortAllDurableObjects()
  const page = (await directory().events(0, 1_000)) as unknown as Result<readonly ChainedEvent[]>
  if (!page.ok) throw new Error(page.why)
  expect(page.value.length).toBeGreaterThan(20)
  expect(brokenLink(sha256, page.value)).toBeNull()
})
