/** Defects of planned switchovers. */
import { type Mutant, mutant, type Wanted } from './mutant.ts'

const CLAIM = 'shared/src/core/registry/claim.ts'
const SWITCHOVER = 'shared/src/core/registry/switchover.ts'
const CANDIDATES = 'shared/src/core/election/candidates.ts'

/** The node that stands, the registry that finds it due and the registry that grants: each would refuse it alone. */
const outside: Mutant = {
  name: 'planned-outside-the-sync-set',
  what: 'a planned switch to a node outside the sync set is due, and granted',
  patches: [
    {
      file: 'shared/src/core/election/detection.ts',
      find: 'if (registry(state)?.syncSet.includes(state.config.node) !== true) return null',
      replace: 'if (registry(state) === null) return null',
    },
    {
      file: CANDIDATES,
      find: "if (why !== 'lost' && !known.syncSet.includes(config.node)) return",
      replace: "if (why !== 'lost' && why !== 'planned' && !known.syncSet.includes(config.node)) return",
    },
    {
      file: SWITCHOVER,
      find: 'if (!registry.syncSet.includes(node)) return',
      replace: 'if (!registry.members.has(node)) return',
    },
    {
      file: CLAIM,
      find: "if (registry.syncSet.includes(claim.node) || claim.evidence.kind === 'lost') return null",
      replace:
        "if (registry.syncSet.includes(claim.node) || ['lost', 'planned'].includes(claim.evidence.kind)) return null",
    },
    {
      file: CLAIM,
      find: 'if (registry.syncSet.includes(claim.node)) {\n    const why',
      replace: "if (registry.syncSet.includes(claim.node) || claim.evidence.kind === 'planned') {\n    const why",
    },
  ],
}

const barred: Mutant = {
  name: 'planned-past-a-bar',
  what: 'a planned switch to a barred node is due, and granted',
  patches: [
    {
      file: CANDIDATES,
      find: "if (known.bars.includes(config.node) && why !== 'own') return",
      replace: "if (known.bars.includes(config.node) && why !== 'own' && why !== 'planned') return",
    },
    {
      file: SWITCHOVER,
      find: 'const wrong = electionRefusal(registry, member, wallClock)',
      replace: 'const wrong = electionRefusal(registry, member, wallClock, [])',
    },
    {
      file: CLAIM,
      find: 'barsAgainst(registry, hearing, claim, context))',
      replace: "claim.evidence.kind === 'planned' ? [] : barsAgainst(registry, hearing, claim, context))",
    },
  ],
}

const ALL: readonly Mutant[] = [
  outside,
  barred,
  mutant(
    'planned-in-a-pause',
    'a planned switch is granted although switches are paused',
    'registry/claim.ts',
    'const paused = pauseRefusal(',
    "const paused = claim.evidence.kind === 'planned' ? null : pauseRefusal(",
  ),
  mutant(
    'planned-before-its-time',
    'a planned switch is due as soon as anybody looks at it',
    'registry/switchover.ts',
    'const dueIn = (switchover.due ? switchover.until : switchover.at) - wallClock',
    'const dueIn = switchover.due ? switchover.until - wallClock : 0',
  ),
  {
    name: 'planned-to-and-fro',
    what: 'a planned switch back does not wait for the settle time',
    patches: [
      {
        file: 'shared/src/core/registry/switches.ts',
        find: "return (kind === 'resigned' || kind === 'planned') && orders.length === 0",
        replace: "return kind === 'resigned' && orders.length === 0",
      },
      { file: SWITCHOVER, find: 'return settlingFor(registry, member, wallClock)', replace: 'return null' },
    ],
  },
]

const WANTS: Wanted = { focus: ['switchover', 'switchoverDisturbed', 'order', 'kill'], network: [1, 3] }

export const SWITCHOVER_MUTANTS: readonly Mutant[] = ALL.map((each) => ({ ...each, wants: WANTS }))
