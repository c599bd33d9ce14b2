/** Negative controls: an audit that does what it must not is seen by the simulator's invariants, which count for themselves. */
import { createAudit, step } from '@baton/shared/core/audit/machine'
import type { AuditInput, AuditSend, AuditStep } from '@baton/shared/core/audit/types'
import type { Hash, Height, Instant, Round } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { Audits } from '../../support/world/invariants/audits.ts'
import type { InvariantName } from '../../support/world/invariants/scene.ts'
import { by, SEVEN } from './fixture.ts'

/** Errors of a cluster, one by one; `tampered`: what the audit is seen to do in place of what it does. */
function watched(tampered: (done: AuditStep, input: AuditInput) => AuditStep) {
  const found: InvariantName[] = []
  const liar = { traitor: true }
  const audits = new Audits({
    now: () => 1_000,
    hosts: { get: () => liar } as never,
    authorities: new Map(),
    breach: (invariant) => found.push(invariant),
  })
  let state = createAudit(SEVEN)
  const send = (input: AuditInput) => {
    const done = tampered(step(state, input, { now: 1_000 as Instant }), input)
    state = done.state
    audits.stepped(input, done)
  }
  const master = (cluster: string, epoch = 1) => send({ i: 'master', by: by(cluster, epoch), recovering: false })
  for (const cluster of SEVEN) master(cluster)
  const errors = (cluster: string, count: number) => {
    for (let height = 1; height <= count; height++) {
      const act = { height: height as Height, round: 0 as Round, type: 'prevote' } as const
      const first = { by: by(cluster), value: 'x' as Hash }
      send({ i: 'evidence', act, first, second: { ...first, value: null } })
    }
  }
  return { found, errors, master }
}

const order = (cluster: string): AuditSend => ({
  s: 'order',
  cluster: by(cluster).cluster,
  order: { id: `${cluster}-1-threshold`, node: by(cluster).node, cause: 'threshold', why: 'a control' },
  bars: true,
})

test('[NW5] an audit that does what it should breaks nothing', () => {
  const { found, errors, master } = watched((done) => done)
  errors('c2', 5)
  errors('c3', 4)
  master('c2', 2)
  expect(found).toEqual([])
})

test('[NW5] control: an order below the threshold is seen', () => {
  const { found, errors } = watched((done, { i }) => (i === 'evidence' ? { ...done, send: [order('c2')] } : done))
  errors('c2', 1)
  expect(found).toEqual(['NW5 an order rests on the threshold'])
})

test('[NW5] control: an order that does not come with the error that reaches the threshold is seen', () => {
  const { found, errors } = watched((done) => ({ ...done, send: [] }))
  errors('c2', 2)
  expect(found).toEqual([])
  errors('c2', 3)
  expect(found).toContain('NW5 the threshold orders at once')
})

test('[NW5] control: a second order beside one that stands is seen', () => {
  const { found, errors } = watched((done, input) => {
    const isLast = input.i === 'evidence' && input.first.by.cluster === 'c3' && input.act.height === 3
    return isLast ? { ...done, send: [order('c3')] } : done
  })
  errors('c2', 3)
  errors('c3', 3)
  expect(found).toEqual(['NW5 one order stands'])
})

test('[NW5] control: an order that outlives the switch is seen', () => {
  let standing: AuditStep['state']['standing'] = null
  const { found, errors, master } = watched((done) => {
    standing = done.state.standing ?? standing
    return { ...done, state: { ...done.state, standing } }
  })
  errors('c2', 3)
  master('c2', 2)
  expect(found).toContain('NW5 an order ends with the switch')
})
