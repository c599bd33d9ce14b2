/** The same of the register of a majority (MJ1): names in `majority.qnt` and `register.qnt`. */
import type { Mutant, SpecRun } from './runs.ts'

export const REGISTER_INVARIANTS = [
  'oneValuePerVersion',
  'oneTokenOneNode',
  'decidedIsTakenUp',
  'knownIsDecided',
  'promisesStand',
  'votesKeepPromises',
] as const
export type RegisterInvariant = (typeof REGISTER_INVARIANTS)[number]

export const REGISTER_WITNESSES = [
  'minorityTakenUp',
  'wipedIsReseated',
  'rivalsBothEnd',
  'threeMasters',
  'twoDisksInTurn',
  'lateVote',
  'foundedAfterALoss',
] as const

export const REGISTER_RUNS: readonly SpecRun[] = [
  { spec: 'majority', name: 'a founded register', init: 'init', step: 'step', samples: 100, steps: 60, traces: 40 },
  { spec: 'majority', name: 'rivals', init: 'init', step: 'contending', samples: 80, steps: 60, traces: 40 },
  { spec: 'majority', name: 'a new register', init: 'empty', step: 'beginning', samples: 120, steps: 50, traces: 40 },
]

export const REGISTER_MUTANTS: readonly Mutant<RegisterInvariant>[] = [
  {
    name: 'promiseNotWritten',
    defect: 'MJ1: a promise is not on disk, and lost with the process',
    start: 'founded',
    step: 'step',
    steps: 60,
    breaks: ['promisesStand'],
  },
  {
    name: 'lostDiskVotes',
    defect: 'MJ1: a lost disk votes at once, instead of asking all others what it may have promised',
    start: 'founded',
    step: 'step',
    steps: 60,
    breaks: ['decidedIsTakenUp', 'promisesStand'],
  },
  {
    name: 'votesAddUp',
    defect: 'MJ1: votes of different ballots are added up',
    start: 'founded',
    step: 'contending',
    steps: 60,
    breaks: ['knownIsDecided'],
  },
  {
    name: 'lowestTakenUp',
    defect: 'MJ1: a proposal goes on from the value of the lowest ballot, not of the highest',
    start: 'founded',
    step: 'contending',
    steps: 60,
    breaks: ['oneValuePerVersion', 'decidedIsTakenUp'],
  },
  {
    name: 'toldBeforeDecided',
    defect: 'MJ1: a member tells of a decision with one vote too few',
    start: 'founded',
    step: 'contending',
    steps: 60,
    breaks: ['knownIsDecided'],
  },
  {
    name: 'acceptsBelowPromise',
    defect: 'MJ1: a member accepts under a ballot below the one it has promised',
    start: 'founded',
    step: 'contending',
    steps: 60,
    breaks: ['promisesStand'],
  },
  {
    name: 'oneHolderIsNoSeat',
    defect: 'MJ1: a lost disk begins empty when only one other disk holds the first value, though that may be decided',
    start: 'halfFounded',
    step: 'beginning',
    steps: 60,
    breaks: ['decidedIsTakenUp'],
  },
]
