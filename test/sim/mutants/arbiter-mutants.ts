/** Defects of the register that a majority of members keeps (MJ1). */
import { type Mutant, mutant } from './mutant.ts'

const DEFECTS: readonly Mutant[] = [
  mutant(
    'told-before-decided',
    'a member tells of a decision with one acceptance too few',
    'arbiter/proposer.ts',
    'if (signatures.size < needed) return',
    'if (signatures.size < needed - 1) return',
  ),
  mutant(
    'minority-decides',
    'half of the members, rounded down, are taken for a majority',
    'arbiter/ballot.ts',
    'return Math.floor(members.length / 2) + 1',
    'return Math.floor(members.length / 2)',
  ),
  mutant(
    'lower-ballot-taken-up',
    'a proposal goes on from the value of the lowest ballot',
    'arbiter/quorum.ts',
    'if (isAbove(accepted.ballot, base?.ballot ?? null)) base = accepted',
    'if (base === null || !isAbove(accepted.ballot, base.ballot)) base = accepted',
  ),
  mutant(
    'accepts-below-its-promise',
    'a member accepts under a ballot below the one it has promised',
    'arbiter/acceptor.ts',
    'if (seat.promised !== null && compareBallots(ballot, seat.promised) < 0) {',
    'if (seat.promised !== null && ballot.counter < 0) {',
  ),
  {
    name: 'lost-disk-votes',
    what: 'a member that lost its disk votes as if it had never promised anything',
    patches: [
      {
        file: 'shared/src/core/arbiter/machine.ts',
        find: "standing: seat.accepted === null ? { s: 'asking', told: new Map() } : { s: 'seated' },",
        replace: "standing: { s: seat.accepted === null ? 'fresh' : 'seated' },",
      },
      {
        file: 'shared/src/core/arbiter/acceptor.ts',
        find: "if (standing.s === 'asking' || (standing.s === 'fresh' && !founding)) {",
        replace: "if (standing.s === 'asking') {",
      },
      {
        file: 'shared/src/core/arbiter/quorum.ts',
        find: 'const founded = held.length >= majority',
        replace: 'const founded = held.length > 0 && promises.size >= majority',
      },
    ],
    wants: { focus: ['wipe', 'rivals', 'cut'], network: [1, 3] },
  },
]

export const ARBITER_MUTANTS: readonly Mutant[] = DEFECTS.map((defect) => ({ ...defect, ofMembers: true }))
