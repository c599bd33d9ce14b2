import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { times } from '../support/long.ts'
import { crash } from './cluster/acts.ts'
import { type Cluster, NODES, place, withPlace } from './cluster/types.ts'
import type { Trace } from './replay/itf.ts'
import { kept } from './replay/kept.ts'
import { replay } from './replay/replay.ts'
import { STARTS } from './replay/starts.ts'
import { DEFAULT_BOUNDS } from './search/bounds.ts'
import type { Move } from './search/moves.ts'
import { search } from './search/search.ts'
import { INVARIANTS, MUTANTS, RUNS, WITNESSES } from './spec/runs.ts'

const FOLDER = join(import.meta.dirname, 'traces')
const traces = readdirSync(FOLDER).map((file) => [file, kept(readFileSync(join(FOLDER, file), 'utf8'))] as const)
const spec = ['state', 'registry', 'guard', 'recovery', 'baton']
  .map((name) => readFileSync(join(import.meta.dirname, 'spec', `${name}.qnt`), 'utf8'))
  .join('\n')

describe('the spec', () => {
  test('has every invariant, witness, start and defect that is run', () => {
    const named = [...INVARIANTS, ...WITNESSES].map((name) => `val ${name} =`)
    const actions = RUNS.flatMap(({ init, step }) => [`action ${init} =`, `action ${step} =`])
    const mutants = MUTANTS.flatMap(({ name, start }) => [`s.mutant == "${name}"`, `pure def ${start}(`])
    const missing = [...named, ...actions, ...mutants].filter(
      (text) => !spec.includes(text.replace('==', '!=')) && !spec.includes(text),
    )
    expect(missing).toEqual([])
  })
})

describe('a trace of the spec', () => {
  test.each(traces)(
    '[RG1, RG2, RG4, RG6, GU1, GU3, RC3] leaves the real machines in the same state after every step: %s',
    (_, trace) => {
      expect(replay(trace)).toEqual({ steps: trace.states.length, difference: null })
    },
  )

  test('that differs in one entry is told apart, with both states', () => {
    const { states } = traces[0]![1]
    const last = states.at(-1)!
    const host = last.s.hosts.a!
    const other = { ...last.s, hosts: { ...last.s.hosts, a: { ...host, held: host.held + 1 } } }
    const altered: Trace = { states: [...states.slice(0, -1), { ...last, s: other }] }
    const { difference } = replay(altered)
    expect(difference).toContain(`/hosts/a/held: spec ${host.held + 1}, real ${host.held}`)
    expect(difference).toMatch(/\nspec .*\nreal /)
  })
})

describe('the search', () => {
  const bounds = { ...DEFAULT_BOUNDS, depth: times(5, 4) }

  test('[RG2, RG4, RG8, GU1, GU3, EL5] finds nothing broken in what the real machines can do', () => {
    const { states, levels, violation } = search(bounds)
    expect(violation).toBeNull()
    expect(levels).toHaveLength(bounds.depth + 1)
    expect(states).toBeGreaterThan(times(5_000, 4_000))
  }, 60_000)

  test.each([
    ['a clean grant outside the sync set', 'RG2: a clean grant outside the sync set', cleanOutside],
    ['a removal that counts when it is asked for', 'RG4: a does not count on b, which may be elected', shrinkAtOnce],
    ['a promise that is not on disk', 'EL5: the promise of', forgetPromise],
    [
      'a standby that acknowledges what it has not synced',
      'GU1: b may be elected and has not all that was held',
      loseSynced,
    ],
  ] as const)(
    'finds %s',
    (_, broken, alter) => {
      const { violation } = search({ ...bounds, depth: 7, starts: ['withStandby'] }, alter)
      expect(violation?.broken.join()).toContain(broken)
    },
    60_000,
  )
})

function cleanOutside(cluster: Cluster): Cluster {
  const views = cluster.views.map((view) => ({ ...view, recovering: false, lastClean: null }))
  return { ...cluster, views }
}

function shrinkAtOnce(cluster: Cluster, move: Move): Cluster {
  const at = place(cluster, NODES[0])
  if (!move.name.startsWith('a takes') || at.guard.role.role !== 'leading') return cluster
  const required = { ...at.guard.role.required, syncSet: [NODES[0]] }
  return withPlace(cluster, NODES[0], { guard: { ...at.guard, role: { ...at.guard.role, required } } })
}

function forgetPromise(cluster: Cluster, move: Move): Cluster {
  const [node] = NODES.filter((one) => move.name === `${one} crashes`)
  if (node === undefined) return cluster
  const { disk } = place(cluster, node)
  const blank = { ...disk, own: { ...disk.own, token: { ...disk.own.token, epoch: 0 as never } } }
  return withPlace(cluster, node, { disk: blank, live: blank })
}

/** Its disk has lost the newest entry when the process is gone. */
function loseSynced(cluster: Cluster, move: Move): Cluster {
  const b = NODES[1]
  if (move.name !== 'b crashes') return cluster
  const { disk } = place(cluster, b)
  const torn = { ...disk, entries: disk.entries.slice(0, -1) }
  return withPlace(crashed(cluster), b, { disk: torn, live: torn })
}

function crashed(cluster: Cluster): Cluster {
  return place(cluster, NODES[1]).running ? crash(cluster, NODES[1]) : cluster
}

test('every start is one of the spec', () => {
  expect(Object.keys(STARTS).filter((name) => !spec.includes(`"${name}"`))).toEqual([])
})
