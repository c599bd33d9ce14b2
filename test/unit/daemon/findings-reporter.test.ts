import type { Vote } from '@baton/shared/core/consensus/messages'
import type { NodeEvent } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { Findings, Mastership } from '@baton/shared/crypto/statement-types'
import { verifyStatement } from '@baton/shared/crypto/statements'
import type { Height, Round, Token } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlNotice } from '@baton/shared/ports/control-link'
import { FINDINGS_SINCE } from '@baton/shared/protocol/control'
import { readEquivocation } from '@baton/shared/protocol/findings'
import { afterEach, expect, test, vi } from 'vitest'
import { findingsReporter } from '../../../node-runtime/src/daemon/findings-reporter.ts'
import { C1, C1A, C2, C2A, HASH_A, NETWORK, NODE, OPAQUE_JWS } from '../../support/fixed-network.ts'

const TOKEN = { generation: 0, epoch: 3 } as const
const OTHER = { generation: 0, epoch: 2 } as unknown as Token
const MASTER = {
  cluster: C2,
  ...OTHER,
  node: C2A,
  credential: { grant: OPAQUE_JWS, certificate: OPAQUE_JWS },
} as unknown as Mastership

const reporters: { stop(): void }[] = []
afterEach(() => {
  for (const reporter of reporters.splice(0)) reporter.stop()
})

function reporting(options: { leads?: boolean; connected?: boolean; protocol?: number } = {}) {
  const { leads = true, connected = true, protocol = FINDINGS_SINCE } = options
  const sent: ControlNotice[] = []
  const election = { network: NETWORK, cluster: C1, node: C1A }
  const state = {
    config: { election },
    guard: { token: TOKEN, role: { role: leads ? 'leading' : 'following' } },
    masterships: new Map([[C2, MASTER]]),
    superseded: [],
    chain: { tokens: { masterships: new Map() } },
  } as unknown as NodeState
  const reporter = findingsReporter({
    state: () => state,
    everyMs: 2,
    control: { connected, send: (notice: ControlNotice) => sent.push(notice) > 0 },
    privateKey: NODE.privateKey,
  })
  reporters.push(reporter)
  reporter.linked(protocol)
  return { reporter, sent }
}

function vote(height: number, block: Vote['block']): Vote {
  const at = { height: height as Height, round: 0 as Round }
  return {
    cluster: C2,
    generation: OTHER.generation,
    epoch: OTHER.epoch,
    ...at,
    type: 'prevote',
    block,
    signature: new Uint8Array(64).fill(7),
  }
}

function equivocation(height: number): NodeEvent {
  return { kind: 'equivocation', evidence: { cluster: C2, first: vote(height, HASH_A), second: vote(height, null) } }
}

function invalid(height: number, fault: 'transactions' | 'result' = 'transactions'): NodeEvent {
  const at = { height: height as Height, round: 1 as Round }
  return { event: 'invalid-proposal', cluster: C2, token: OTHER as never, ...at, fault, why: 'wrong' }
}

async function statements(sent: readonly ControlNotice[]): Promise<Findings[]> {
  return Promise.all(
    sent.map(async (notice) => {
      if (notice.t !== 'findings') throw new Error(notice.t)
      const read = await verifyStatement('findings', notice.findings, [NODE.publicKey])
      if (!read.ok) throw new Error(read.why)
      return read.payload
    }),
  )
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

test('[NW4] what a master finds is gathered, signed and sent, with the credentials of those who said it', async () => {
  const { reporter, sent } = reporting()
  for (const event of [equivocation(5), invalid(6), equivocation(7)]) reporter.observe(event)
  await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 10_000 })
  const [said] = await statements(sent)
  expect(said).toMatchObject({ cluster: C1, node: C1A, ...TOKEN, credentials: [MASTER.credential] })
  expect(said!.accusations).toEqual([{ cluster: C2, ...OTHER, node: C2A, height: 6, round: 1 }])
  expect(said!.evidence.map(({ height }) => height)).toEqual([5, 7])
  expect(readEquivocation(said!.evidence[0]!)).toEqual({ first: vote(5, HASH_A), second: vote(5, null) })
})

test('[NW4] more than one statement holds goes in the next; what floods is dropped', async () => {
  const { reporter, sent } = reporting()
  for (let height = 1; height <= LIMITS.findingsWaiting + 50; height++) reporter.observe(equivocation(height))
  const statementsNeeded = LIMITS.findingsWaiting / LIMITS.evidencePerStatement
  await vi.waitFor(() => expect(sent).toHaveLength(statementsNeeded), { timeout: 10_000 })
  await pause()
  const said = (await statements(sent)).flatMap(({ evidence }) => evidence.map(({ height }) => height))
  expect(said.sort((a, b) => a - b)).toEqual(Array.from({ length: LIMITS.findingsWaiting }, (_, index) => index + 1))
})

test('[NW4, PV2] nothing is said by one that is no master, of what is nobody’s fault, or to an authority that knows no findings', async () => {
  const follower = reporting({ leads: false })
  const harmless = reporting()
  const old = reporting({ protocol: FINDINGS_SINCE - 1 })
  for (const { reporter } of [follower, old]) reporter.observe(equivocation(5))
  harmless.reporter.observe(invalid(5, 'result'))
  await pause()
  for (const { sent } of [follower, harmless, old]) expect(sent).toEqual([])
})

test('[NW4] what is found while the authority is away is sent when it is back', async () => {
  const { reporter, sent } = reporting({ protocol: 0 })
  reporter.observe(equivocation(5))
  await pause()
  expect(sent).toEqual([])
  reporter.linked(FINDINGS_SINCE)
  await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 10_000 })
})
