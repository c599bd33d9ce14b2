import { brokenInState, brokenInStep } from '@baton/shared/core/election/invariants'
import { electionStep } from '@baton/shared/core/election/machine'
import { TRANSITIONS } from '@baton/shared/core/election/transitions'
import type { ElectionInput, ElectionState, ElectionStep, InputName, Role } from '@baton/shared/core/election/types'
import type { Instant, Jws } from '@baton/shared/ids'
import { describe, expect, it } from 'vitest'
import { A, B, C, grantOf, heartbeatOf, LoneNode, MASTER_TTL, token, viewOf } from './lone-node.ts'

/** A node in each role, as the machine itself brings it there. */
const IN_ROLE: Record<Exclude<Role['r'], 'starting'>, () => LoneNode> = {
  follower: () => new LoneNode().following(),
  suspecting: () => {
    const node = new LoneNode().following({ syncSet: [A, C] })
    node.killMaster()
    return node
  },
  preVoting: () => {
    const node = new LoneNode().following()
    node.killMaster()
    return node
  },
  claiming: () => {
    const node = IN_ROLE.preVoting()
    node.feed({ i: 'preVoteAnswer', from: C, message: node.answer(true) })
    return node
  },
  master: () => new LoneNode().leading(),
  resigning: () => {
    const node = new LoneNode().leading()
    node.feed({ i: 'resign', to: null, leaving: false })
    return node
  },
  stopped: () => {
    const node = new LoneNode().following()
    node.feed({ i: 'resign', to: null, leaving: true })
    return node
  },
  frozen: () => {
    const node = new LoneNode().following()
    node.feed({ i: 'grantSeen', ...grantOf(C, 1) })
    return node
  },
}

function inputs(node: LoneNode): Record<Exclude<InputName, 'started'>, ElectionInput> {
  const own = node.state.own?.token ?? token(0)
  const preVote = { t: 'preVote', token: own, attempt: 1, durableIndex: 5 as never, lost: false } as const
  const refusal = { ok: false, code: 'MASTER_ALIVE', why: '', retryAfterMs: 5, state: null } as const
  return {
    grantSeen: { i: 'grantSeen', ...grantOf(C, 9) },
    view: { i: 'view', view: viewOf(grantOf(A, 1, { version: 15 as never, syncSet: [A] })) },
    claimReply: { i: 'claimReply', request: node.state.counters.request - 1, outcome: refusal },
    linkUp: { i: 'linkUp', peer: A },
    linkDown: { i: 'linkDown', peer: C },
    probeResult: { i: 'probeResult', peer: A, result: 'open' },
    heartbeat: { i: 'heartbeat', from: A, message: heartbeatOf({ role: 'master', token: own }) },
    preVote: { i: 'preVote', from: C, message: preVote },
    preVoteAnswer: { i: 'preVoteAnswer', from: C, message: node.answer(true) },
    handover: { i: 'handover', from: A, token: own, to: B, resignation: 'resignation' as Jws },
    authorityUp: { i: 'authorityUp', challenge: 'challenge' },
    authorityDown: { i: 'authorityDown' },
    revoked: { i: 'revoked', nodes: [A, B] },
    sessionClosed: { i: 'sessionClosed', node: A },
    heardByAuthority: { i: 'heardByAuthority', report: 1, version: 1 as never },
    logStatus: { i: 'logStatus', log: { ...node.state.log, complete: false } },
    stalled: { i: 'stalled', ms: 10_000 },
    resign: { i: 'resign', to: null, leaving: true },
    sealed: { i: 'sealed', token: own },
    resignationSigned: { i: 'resignationSigned', token: own, resignation: 'resignation' as Jws },
    timer: { i: 'timer', name: 'tick' },
  }
}

describe('the transition table', () => {
  const roles = Object.keys(IN_ROLE) as (keyof typeof IN_ROLE)[]
  const cells = roles.flatMap((role) =>
    (Object.keys(TRANSITIONS[role]) as InputName[])
      .filter((name) => name !== 'started')
      .map((name) => [role, name] as const),
  )

  it.each(roles)('[EL5] brings a node into role %s', (role) => {
    expect(IN_ROLE[role]().role()).toBe(role)
  })

  it.each(cells)('[EL5] %s on %s: a step into an allowed role, or none', (role, name) => {
    for (const late of [0, 5 * MASTER_TTL]) {
      const node = IN_ROLE[role]()
      node.now += late
      const input = inputs(node)[name as Exclude<InputName, 'started'>]
      expect(() => node.feed(input)).not.toThrow()
      expect([role, ...TRANSITIONS[role][name]]).toContain(node.role())
    }
  })

  it('[EL5] knows no input before `started`, and starts once', () => {
    const node = new LoneNode()
    expect(() => node.feed({ i: 'authorityDown' })).toThrow('role starting')
    node.started()
    expect(() => node.started()).toThrow('started in role follower')
  })
})

describe('the invariants', () => {
  const following = new LoneNode().following()
  const leading = new LoneNode().leading()
  const broken = (before: ElectionState, input: ElectionInput, change: Partial<ElectionStep>): string[] =>
    brokenInStep(before, input, { ...electionStep(before, input, { now: 10_001 as Instant }), ...change })
  const quiet: ElectionInput = { i: 'authorityDown' }

  it('[EL5] hold of what the machine makes', () => {
    expect(brokenInState(leading.state)).toEqual([])
    expect(broken(following.state, quiet, {})).toEqual([])
  })

  it('[EL5] see a token that falls', () => {
    const own = { token: token(0), node: A }
    const found = broken(following.state, quiet, { state: { ...following.state, own, grant: null } })
    expect(found).toContain('EL5: tokens never fall')
  })

  it('[EL5] see a new token that was not written', () => {
    const input: ElectionInput = { i: 'grantSeen', ...grantOf(C, 2) }
    expect(broken(following.state, input, { write: [] })).toContain(
      'EL5: a new token is written in the step that takes it',
    )
  })

  it('[EL5] see a master without a grant', () => {
    const own = { token: token(1), node: B }
    const role: Role = { r: 'master', token: token(1), since: 1 as Instant }
    const found = broken(following.state, quiet, { state: { ...following.state, own, grant: null, role } })
    expect(found).toContain('EL5: nobody becomes master without a grant or a right to go on')
    expect(found).toContain('RG8: a token never changes its node')
    expect(found).toContain('no transition from follower to master on authorityDown')
  })

  it('[EL5] see a master that stops in silence', () => {
    const found = broken(leading.state, { i: 'grantSeen', ...grantOf(C, 3) }, { send: [] })
    expect(found).toContain('EL5: a master that stops being one says so')
  })

  it('[RG3] see a resignation signed before the guard has stopped', () => {
    const resignation = { ...token(2), node: B, to: C } as never
    const found = broken(leading.state, quiet, { send: [{ s: 'signResignation', resignation }] })
    expect(found).toContain('RG3: a resignation is signed after the guard has stopped')
  })

  it('[EL6] see a claim of a node without its whole log', () => {
    const node = IN_ROLE.claiming()
    const { claim, request } = node.claims()[0]!
    const state = { ...node.state, log: { ...node.state.log, complete: false } }
    const found = broken(node.state, quiet, { state, send: [{ s: 'claim', request, claim }] })
    expect(found).toContain('EL6: a node without its whole log does not stand')
  })
})
