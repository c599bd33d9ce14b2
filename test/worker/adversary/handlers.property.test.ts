/**
 * Spoilt messages for those handlers that only a certain sender reaches: a socket that was challenged, a master, the bearer of what an owner has signed.
 * Each takes the sound message first, so that the spoilt ones come as far as it did.
 */

import { verifyNotice } from '@baton/shared/crypto/notices'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, UnixMs } from '@baton/shared/ids'
import { parseToAuthority } from '@baton/shared/protocol/control-schemas'
import type { Result } from '@baton/shared/result'
import fc from 'fast-check'
import { beforeAll, expect, test, vi } from 'vitest'
import { CLOSE } from '../../../worker/src/objects/authority/sockets.ts'
import { NetworkDirectory } from '../../../worker/src/objects/network-directory.ts'
import { mutations } from '../../support/mutations.ts'
import { accusation, directory, eventsOf, findingsOf, RIGHT, reportOf, twoVotes } from '../audited.ts'
import { eventually } from '../eventually.ts'
import { revocationOf } from '../identity-fixture.ts'
import { CLUSTERS, keyOf, testGenesis } from '../network.ts'
import { clusterUrl, get, TestNode, threeNodes } from '../test-node.ts'
import { source } from './cast.ts'
import { durable, settled } from './scene.ts'
import { expectCode, expectNoErrors, refusalsOf, type Signed, spoiltFrame, way } from './spoilt.ts'

const RUNS = 30
const [GREETED, MASTERED, FOREIGN, NOTICED] = CLUSTERS as unknown as [ClusterId, ClusterId, ClusterId, ClusterId]
const GENESIS = await testGenesis()

expectNoErrors()
let master: TestNode
let foreign: TestNode

beforeAll(async () => {
  const founder = await TestNode.online(GREETED, 'a')
  const [a] = await threeNodes(MASTERED)
  master = a
  foreign = await TestNode.online(FOREIGN, 'a')
  await eventually(async () => {
    const listed = await mastersListed()
    for (const { node } of [founder, master, foreign]) if (!listed.includes(node)) throw new Error(listed.join())
  })
})

async function mastersListed(): Promise<readonly string[]> {
  const table = await directory().table()
  if (!table.ok) throw new Error(table.why)
  return table.value.masters.map(({ node }) => node)
}

async function membersOf(cluster: ClusterId): Promise<readonly string[]> {
  const { state } = await (await get(clusterUrl(cluster))).json<{ state: { members: { node: string }[] } }>()
  return state.members.map(({ node }) => node)
}

/** Of a node that nobody has heard of yet, to a socket that was just challenged: both statements that it shows, and who signs them. */
async function challenged() {
  guests += 1
  const node = await TestNode.make(GREETED, `h${guests}`)
  node.source = source()
  await node.open()
  const { challenge } = await node.take('challenge')
  const proof = await node.proof(challenge)
  const certificate = { kind: 'certificate', statement: node.certificate, by: await keyOf(`owner ${GREETED}`) } as const
  return { node, challenge, certificate, proof: { kind: 'session', statement: proof, by: node.keys } as const }
}
let guests = 0

const ended = (node: TestNode) =>
  eventually(() => {
    const welcome = node.inbox.find(({ t }) => t === 'welcome')
    const [refused] = refusalsOf(node)
    if (welcome !== undefined) return null
    if (refused === undefined) throw new Error(`the hello of ${node.node} is not answered`)
    if (node.closed?.code !== CLOSE.refused) throw new Error(`refused with ${refused}, and not closed`)
    return refused
  })

/** What lets a node in, whatever else its hello says. */
async function isProven(text: string, challenge: string): Promise<boolean> {
  const hello = parseToAuthority(text)
  if (!hello.ok || hello.value.t !== 'hello') return false
  const owner = await keyOf(`owner ${GREETED}`)
  const certificate = await verifyStatement('certificate', hello.value.certificate, [owner.publicKey])
  if (!certificate.ok) return false
  const { network, cluster, node, key } = certificate.payload
  const proof = await verifyStatement('session', hello.value.proof, [key])
  return proof.ok && isSame(proof.payload, { network, cluster, node, challenge }) && cluster === GREETED
}

const isSame = (said: object, known: object) =>
  Object.entries(known).every(([name, value]) => said[name as keyof typeof said] === value)

test('[RG11, ID5] a spoilt answer to a fresh challenge is refused with a code, closes its socket and adds no member', async () => {
  const sound = await challenged()
  sound.node.send({ t: 'hello', certificate: sound.certificate.statement, proof: sound.proof.statement })
  expect(await ended(sound.node)).toBeNull()
  expect(await membersOf(GREETED)).toContain(sound.node.node)
  sound.node.disconnect()
  let before: Awaited<ReturnType<typeof durable>> | null = null
  const half = fc.constantFrom('certificate', 'proof')
  const property = fc.asyncProperty(half, way, mutations, async (what, how, changes) => {
    before ??= await settled(GREETED)
    const members = await membersOf(GREETED)
    const { node, challenge, certificate, proof } = await challenged()
    const said = { t: 'hello', certificate: certificate.statement, proof: proof.statement }
    const frame = (statement: Jws) => ({ ...said, [what]: statement })
    const text = await spoiltFrame(frame, what === 'proof' ? proof : certificate, how, changes)
    node.sendRaw(text)
    const code = await ended(node)
    if (code === null) {
      expect(await isProven(text, challenge), text).toBe(true)
      node.disconnect()
      before = null
      return
    }
    expectCode(code, text)
    expect(await membersOf(GREETED), text).toEqual(members)
    expect(await durable(GREETED), text).toEqual(before)
  })
  await fc.assert(property, { numRuns: RUNS })
})

const SPOKEN = {
  results: {
    kind: 'resultReport',
    frame: (report: Jws) => ({ t: 'results', report }),
    say: () => {
      const { cluster, known } = foreign
      const { generation, epoch } = known
      const heard = [{ cluster, forMs: 400 }]
      const missed = [{ cluster, generation, epoch, from: 3, to: 5 }]
      return reportOf(
        master,
        [7, 8].map((height) => ({ height, result: RIGHT })),
        { heard, missed } as never,
      )
    },
  },
  findings: {
    kind: 'findings',
    frame: (findings: Jws) => ({ t: 'findings', findings }),
    say: async () =>
      findingsOf(master, {
        evidence: [await twoVotes(foreign, 9)],
        accusations: [accusation(foreign, 10)],
        credentials: [foreign.known.credential],
      }),
  },
} as const

test.each(['results', 'findings'] as const)(
  '[RG11, NW4, NW5] %s of a master: what is spoilt is refused with a code, changes no master and orders nobody',
  async (t) => {
    const { kind, frame, say } = SPOKEN[t]
    const heard = vi.spyOn(NetworkDirectory.prototype, t)
    /** What the directory has answered to this frame of the master; undefined: it was not asked. */
    const bring = async (text: string): Promise<Result<null> | undefined> => {
      heard.mockClear()
      master.inbox = []
      master.sendRaw(text)
      await master.report()
      const parsed = parseToAuthority(text)
      if (!parsed.ok) expect(refusalsOf(master)).toEqual([parsed.code])
      if (!parsed.ok || parsed.value.t !== t) return undefined
      return eventually(async () => {
        const [answer] = heard.mock.settledResults
        if (answer === undefined || answer.type === 'incomplete') throw new Error('the directory has not answered')
        expect(answer, text).toMatchObject({ type: 'fulfilled' })
        return answer.value
      })
    }
    const signed = async (): Promise<Signed> => ({ kind, statement: (await say()) as Jws, by: master.keys })
    expect(await bring(JSON.stringify(frame((await signed()).statement)))).toEqual({ ok: true, value: null })
    const proven = await eventsOf('equivocation')
    expect(proven).toMatchObject(t === 'findings' ? [{ by: { node: foreign.node } }] : [])
    const masters = await mastersListed()
    const before = await settled(MASTERED)
    const property = fc.asyncProperty(way, mutations, async (how, changes) => {
      const text = await spoiltFrame(frame, await signed(), how, changes)
      const answer = await bring(text)
      if (answer?.ok === false) expectCode(answer.code, text)
      if (how === 'stranger') expect(answer).toMatchObject({ code: 'STATEMENT_INVALID' })
      expect(await durable(MASTERED), text).toEqual(before)
      expect(await mastersListed()).toEqual(masters)
      expect(await eventsOf('equivocation'), text).toEqual(proven)
      expect(await eventsOf('order-given')).toEqual([])
    })
    await fc.assert(property, { numRuns: RUNS })
    heard.mockRestore()
  },
)

/** Which of them the cluster's authority has. */
async function noticed(statements: readonly Jws[]): Promise<readonly Jws[]> {
  const { notices = [] } = (await durable(NOTICED)).authority
  const stored = notices.map((row) => (row as { statement: Jws }).statement)
  return statements.filter((statement) => stored.includes(statement))
}

/** Sooner or later the directory has what the authority has taken. */
const passedOn = (statements: readonly Jws[]) =>
  eventually(async () => {
    const notices = await directory().notices()
    const known = notices.ok ? notices.value : []
    if (!statements.every((statement) => known.includes(statement))) throw new Error('not passed on')
  })

test('[RG11, ID8] notices that a node brings: those of the owner are taken and passed on, spoilt ones are neither', async () => {
  const bearer = await TestNode.online(NOTICED, 'a')
  await bearer.seeState(({ epoch }) => epoch === 1)
  const by = await keyOf(`owner ${NOTICED}`)
  const subjects = [
    async () => ({ kind: 'token', token: crypto.randomUUID() }) as const,
    async () => ({ kind: 'operator', operator: crypto.randomUUID() }) as const,
    async () => {
      const { publicKey: key } = await keyOf(crypto.randomUUID())
      return { kind: 'node', node: `${NOTICED}-x` as never, key } as const
    },
  ]
  const frame = (statement: Jws) => ({ t: 'notices', notices: [statement] })
  const bring = async (text: string): Promise<readonly Jws[]> => {
    bearer.inbox = []
    bearer.sendRaw(text)
    await bearer.report()
    const parsed = parseToAuthority(text)
    if (!parsed.ok) expect(refusalsOf(bearer)).toEqual([parsed.code])
    return parsed.ok && parsed.value.t === 'notices' ? parsed.value.notices : []
  }
  for (const subject of subjects) {
    const brought = await bring(JSON.stringify(frame(await revocationOf(NOTICED, await subject()))))
    expect(await noticed(brought)).toEqual(brought)
    await passedOn(brought)
  }
  let before: Awaited<ReturnType<typeof durable>> | null = null
  const property = fc.asyncProperty(fc.constantFrom(...subjects), way, mutations, async (subject, how, changes) => {
    before ??= await settled(NOTICED)
    const statement = await revocationOf(NOTICED, await subject())
    const text = await spoiltFrame(frame, { kind: 'revocation', statement, by }, how, changes)
    const brought = await bring(text)
    const verdicts = await Promise.all(brought.map((one) => verifyNotice(GENESIS, one, Date.now() as UnixMs)))
    for (const verdict of verdicts) if (!verdict.ok) expectCode(verdict.code, text)
    const sound = brought.filter((_, at) => verdicts[at]?.ok)
    expect(await noticed(brought), text).toEqual(sound)
    await passedOn(sound)
    if (sound.length > 0) before = null
    else expect(await durable(NOTICED), text).toEqual(before)
  })
  await fc.assert(property, { numRuns: RUNS })
})
