import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NO_SEAT } from '@baton/shared/core/arbiter/machine'
import { describe, expect, test } from 'vitest'
import { times } from '../support/long.ts'
import { NODES } from './cluster/types.ts'
import { startMember } from './majority/acts.ts'
import { readRegisterTrace, replayRegister } from './majority/replay.ts'
import { REGISTER_BOUNDS, type RegisterMove, searchRegister } from './majority/search.ts'
import { REGISTER_STARTS } from './majority/starts.ts'
import { type Members, stateOf } from './majority/types.ts'
import { simulate } from './spec/quint.ts'
import { REGISTER_INVARIANTS, REGISTER_MUTANTS, REGISTER_RUNS, REGISTER_WITNESSES } from './spec/register-runs.ts'

const spec = ['register', 'majority']
  .map((name) => readFileSync(join(import.meta.dirname, 'spec', `${name}.qnt`), 'utf8'))
  .join('\n')

describe('the spec of the register', () => {
  test('has every invariant, witness, start and defect that is run', () => {
    const named = [...REGISTER_INVARIANTS, ...REGISTER_WITNESSES].map((name) => `val ${name} =`)
    const actions = REGISTER_RUNS.flatMap(({ init, step }) => [`action ${init} =`, `action ${step} =`])
    const mutants = REGISTER_MUTANTS.flatMap(({ name, start }) => [`s.mutant == "${name}"`, `pure def ${start}(`])
    const starts = Object.keys(REGISTER_STARTS).map((name) => `"${name}")`)
    const missing = [...named, ...actions, ...mutants, ...starts].filter(
      (text) => !spec.includes(text.replace('==', '!=')) && !spec.includes(text),
    )
    expect(missing).toEqual([])
  })
})

describe('a trace of the register', () => {
  const samples = times(10, 3)

  test.each(REGISTER_RUNS.map((run) => [run.name, run] as const))(
    '[MJ1] leaves the real members in the same state after every step, and is told apart when a disk is empty: %s',
    (_, run) => {
      const size = { samples, traces: samples, steps: 30, seed: 1 }
      const traces = simulate({ ...run, ...size, invariants: [], witnesses: [] }).traces.map(readRegisterTrace)
      expect(traces).toHaveLength(samples)
      for (const trace of traces) {
        expect(replayRegister(trace)).toEqual({ steps: trace.states.length, difference: null })
        const { difference } = replayRegister(trace, (members, { node }) => emptied(members, node))
        expect(difference).toMatch(/promised: spec \d+, real 0/)
      }
    },
    120_000,
  )
})

describe('the search of the register', () => {
  const bounds = { ...REGISTER_BOUNDS, depth: times(5, 4) }

  test('[MJ1] finds nothing broken in what the real members can do', () => {
    const { states, levels, violation } = searchRegister(bounds)
    expect(violation).toBeNull()
    expect(levels).toHaveLength(bounds.depth + 1)
    expect(states).toBeGreaterThan(times(15_000, 4_000))
  }, 120_000)

  test.each([
    ['a lost disk that begins as if nothing had been founded', 'halfFounded', 'was decided', beginsFresh],
    ['a member that takes its own vote for a decision', 'minority', 'takes 1a.2a for decided', decidesAlone],
    ['a promise that is not on disk', 'founded', 'the promise of a fell', forgetsPromise],
  ] as const)(
    'finds %s',
    (_, start, broken, alter) => {
      const { violation } = searchRegister({ ...bounds, depth: 7, starts: [start] }, alter)
      expect(violation?.broken.join()).toContain(broken)
    },
    60_000,
  )
})

function nodeOf({ name }: RegisterMove): (typeof NODES)[number] {
  return NODES.find((node) => name.startsWith(`${node} `)) ?? NODES.find((node) => name.endsWith(`>${node}`))!
}

function emptied(members: Members, name: string): Members {
  const node = NODES.find((one) => one === name)!
  return { ...members, disks: new Map(members.disks).set(node, NO_SEAT) }
}

/** It keeps its promises, and has no more than these. */
function beginsFresh(members: Members, move: RegisterMove): Members {
  if (!move.name.endsWith('loses its disk')) return members
  const node = nodeOf(move)
  const seat = { promised: { counter: 1, node: NODES[0] }, accepted: null }
  const states = new Map(members.states).set(node, { ...stateOf(members, node), seat, standing: { s: 'fresh' } })
  return { ...members, states, disks: new Map(members.disks).set(node, seat), lost: [] }
}

function decidesAlone(members: Members, move: RegisterMove): Members {
  const node = nodeOf(move)
  const state = stateOf(members, node)
  return { ...members, states: new Map(members.states).set(node, { ...state, decided: state.seat.accepted }) }
}

/** The process starts over a disk that has its vote only. */
function forgetsPromise(members: Members, move: RegisterMove): Members {
  if (!move.name.endsWith('restarts')) return members
  const node = nodeOf(move)
  const { accepted } = members.disks.get(node)!
  const seat = { promised: accepted?.ballot ?? null, accepted }
  const state = startMember(node, seat, members.lives.get(node)!)
  return { ...members, states: new Map(members.states).set(node, state), disks: new Map(members.disks).set(node, seat) }
}
