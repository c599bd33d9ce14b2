/** What is run of the spec: from where, with which steps, and what must come out. */

import type { Spec } from './quint.ts'

/** Names in `baton.qnt`; all are checked in every state of every run. */
export const INVARIANTS = [
  'oneHolderPerEpoch',
  'tokensNeverFall',
  'logsKeepPromises',
  'cleanGrantsStayInTheSyncSet',
  'theMarkStays',
  'requiredCoversRecorded',
  'heldIsOnEveryElectableNode',
  'heldIsNeverLost',
  'noTruncationBelowHeld',
  'noTwoVotesAtOneHeight',
] as const
export type Invariant = (typeof INVARIANTS)[number]

/** States that the runs together must reach: a model in which nothing happens keeps every invariant. */
export const WITNESSES = [
  'threeEpochsTwoCrashes',
  'twoMastersAtOnce',
  'oneVoteUnderTwoEpochs',
  'unheldIsDropped',
  'staleRequest',
  'votesAfterRecovery',
  'endsByHandedLog',
  'endsByTheHeight',
  'predecessorVotesUnseen',
  'secondRecoveringEpoch',
] as const

export interface SpecRun {
  readonly spec: Spec
  readonly name: string
  /** Actions of the spec. */
  readonly init: string
  readonly step: string
  readonly samples: number
  readonly steps: number
  /** Traces kept and replayed on the real machines. */
  readonly traces: number
}

export const RUNS: readonly SpecRun[] = [
  { spec: 'baton', name: 'everything', init: 'init', step: 'step', samples: 80, steps: 60, traces: 40 },
  { spec: 'baton', name: 'switches', init: 'init', step: 'switching', samples: 80, steps: 60, traces: 40 },
  { spec: 'baton', name: 'the sync set lost', init: 'lost', step: 'step', samples: 60, steps: 60, traces: 40 },
  { spec: 'baton', name: 'an unseen predecessor', init: 'ahead', step: 'unseen', samples: 100, steps: 30, traces: 40 },
]

export interface Mutant<Name extends string = Invariant> {
  readonly name: string
  /** The rule that the defect breaks, in words. */
  readonly defect: string
  readonly start: string
  readonly step: string
  readonly steps: number
  /** One of these must be found broken. */
  readonly breaks: readonly Name[]
}

/** Defects that the spec has by name (`s.mutant`), each to be found within `MUTANT_SAMPLES` runs. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'grantOutsideAsClean',
    defect: 'RG6: a node outside the sync set is granted without the mark',
    start: 'withStandby',
    step: 'step',
    steps: 60,
    breaks: ['cleanGrantsStayInTheSyncSet'],
  },
  {
    name: 'markLostAtNextClaim',
    defect: 'RG6: the next grant of a recovering cluster is clean',
    start: 'syncSetLost',
    step: 'step',
    steps: 60,
    breaks: ['theMarkStays', 'noTwoVotesAtOneHeight'],
  },
  {
    name: 'removalCountsWhenAsked',
    defect: 'RG4: a master counts without a node before the registry has recorded its removal',
    start: 'withStandby',
    step: 'step',
    steps: 60,
    breaks: ['requiredCoversRecorded', 'heldIsOnEveryElectableNode'],
  },
  {
    name: 'additionCountsWhenRecorded',
    defect: 'RG4: an addition is asked for and not counted on until it is shown',
    start: 'withStandby',
    step: 'step',
    steps: 60,
    breaks: ['requiredCoversRecorded', 'heldIsOnEveryElectableNode'],
  },
  {
    name: 'addedBeforeItHasTheLog',
    defect: 'RG4: a standby is asked for before it has acknowledged the whole log',
    start: 'withStandby',
    step: 'step',
    steps: 60,
    breaks: ['heldIsOnEveryElectableNode', 'heldIsNeverLost'],
  },
  {
    name: 'votesAtNextHeight',
    defect: 'RC2: a recovering master votes at H+1',
    start: 'predecessorAhead',
    step: 'unseen',
    steps: 30,
    breaks: ['noTwoVotesAtOneHeight'],
  },
  {
    name: 'endBeforeHeld',
    defect: 'RC3: the end is recorded before the block of H+1 is held, so that a successor may work below it',
    start: 'blockUnheld',
    step: 'unseen',
    steps: 30,
    breaks: ['noTwoVotesAtOneHeight'],
  },
  {
    name: 'debtForgotten',
    defect:
      'GU3: a node that promised a recovering epoch and kept its log follows the next clean one as if nothing lay between',
    start: 'predecessorOwes',
    step: 'unseen',
    steps: 30,
    breaks: ['noTruncationBelowHeld'],
  },
]

export const MUTANT_SAMPLES = 300
