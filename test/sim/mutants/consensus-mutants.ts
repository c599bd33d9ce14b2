/** Defects of consensus, of certificates and of the chain. */
import { type Mutant, mutant } from './mutant.ts'

const certificateVotes = mutant(
  'old-token-in-certificate',
  'votes under a token below that of the block make a certificate',
  'consensus/certificate.ts',
  'return entry !== undefined && compareTokens(vote, entry) < 0',
  'return entry === null',
)

const executedAgain = mutant(
  'executed-twice',
  'a transaction that was executed stands in a block again',
  'ledger/validate-block.ts',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  "if (reader.transaction(id) !== null) return refuse('transactions', `${id} was executed before`)",
  '',
)

export const CONSENSUS_MUTANTS: readonly Mutant[] = [
  mutant(
    'lock-does-not-travel',
    'a new master does not take up the lock of its predecessor',
    'consensus/resume.ts',
    'locked = { round: record.round, block: record.block }',
    'locked = null',
  ),
  mutant(
    'own-votes-forgotten',
    'a new master does not take up the votes of its predecessor',
    'consensus/resume.ts',
    'acts = withVote(acts, record.round, record.type, record.block)',
    '',
  ),
  mutant(
    'quorum-too-small',
    'half of the clusters decide',
    'ledger/types.ts',
    'return Math.floor((clusters * 2) / 3) + 1',
    'return Math.floor(clusters / 2)',
  ),
  mutant(
    'lock-ignored',
    'a new block is prevoted in spite of a lock',
    'consensus/rules.ts',
    'const acceptable = judged.valid && (locked === null || locked.block === block)',
    'const acceptable = judged.valid',
  ),
  mutant(
    'precommit-without-polka',
    'a block is precommitted on the first prevotes',
    'consensus/rules.ts',
    'const { quorum, total } = votesOfRound(state.votes, round).prevote\n      // L36',
    `const { total, counts } = votesOfRound(state.votes, round).prevote
      const quorum = counts.find(({ block }) => block !== null)?.block
      // L36`,
  ),
  {
    ...certificateVotes,
    patches: [
      ...certificateVotes.patches,
      {
        file: 'shared/src/core/ledger/check-certificate.ts',
        find: 'if (compareTokens(vote, entry) < 0) continue',
        replace: '',
      },
    ],
  },
  {
    ...executedAgain,
    patches: [
      ...executedAgain.patches,
      {
        file: 'shared/src/core/ledger/build-proposal.ts',
        find: 'if (!fits || reader.transaction(signed.id) !== null) continue',
        replace: 'if (!fits) continue',
      },
    ],
  },
  mutant(
    'conflicting-result-accepted',
    'a block that builds on another result is voted for',
    'ledger/validate-block.ts',
    'if (header.result !== tip.result) {',
    'if (header.height < 0) {',
  ),
  mutant(
    'repeated-vote-counts-again',
    'a vote that is repeated under a later token counts a second time',
    'consensus/tally.ts',
    'return { tally: withSlot(tally, position, renewed), outcome: RENEWED }',
    'return { tally: counted(withSlot(tally, position, renewed), vote.block, quorum), outcome: RENEWED }',
  ),
  mutant(
    'own-proposal-forgotten',
    'a new master does not take up the proposals of its predecessor, and proposes anew',
    'node/height.ts',
    '.filter((act) => act.record.height === height)',
    ".filter((act) => act.record.height === height && act.record.kind === 'vote')",
  ),
]
