/** Defects of tokens, of who leads, and of what a restart remembers. */
import { type Mutant, mutant } from './mutant.ts'

export const ELECTION_MUTANTS: readonly Mutant[] = [
  mutant(
    'token-not-persisted',
    'a token is believed without being written',
    'election/mastership.ts',
    "  turn.write({ w: 'ownToken', own })\n",
    '',
  ),
  mutant(
    'duplicate-grant-honoured',
    'any copy of a grant that names this node makes it master, after a restart too',
    'election/mastership.ts',
    'return asked !== null && grant.nonce === asked.nonce && compareTokens(tokenOf(grant), asked.token) === 0',
    "return role.r !== 'master'",
  ),
  mutant(
    'lower-token-accepted',
    'a grant below the known token is followed',
    'election/mastership.ts',
    `  if (order < 0) {
    turn.reject('LOWER_TOKEN', \`grant \${formatToken(seen.token)}, known \${formatToken(own!.token)}\`)
    return
  }`,
    '  if (order < 0) adopt(turn, seen, grant)',
  ),
  mutant(
    'resumes-without-required-set',
    'a restarted master goes on with the sync set of its grant instead of the one on its disk',
    'node/leadership.ts',
    "runGuard(turn, { i: 'resume', required, nonce: processNonce(turn, required.token) })",
    `const alone = { ...required, syncSet: [turn.state.config.election.node], pending: [] }
  runGuard(turn, { i: 'resume', required: alone, nonce: processNonce(turn, required.token) })`,
  ),
  mutant(
    'empty-disk-is-whole',
    'a node that comes with an empty disk takes its log for whole',
    'node/mastership.ts',
    'if (own !== null || (node === turn.state.config.election.node && challenges.includes(nonce))) return',
    'if (own !== null || challenges !== null) return',
  ),
  mutant(
    'resync-not-persisted',
    'that a node must re-sync is forgotten by a restart',
    'node/resync.ts',
    "  turn.write.push({ w: 'resync', needed: true, why })\n",
    '',
  ),
  mutant(
    'seal-forgotten',
    'a resigning master goes on',
    'node/run-election.ts',
    "      endLeading(turn, send.token, 'resigning')\n",
    '',
  ),
  mutant(
    'foreign-token-not-logged',
    "the token of another cluster is acted under, and not put into the own cluster's log",
    'node/mastership.ts',
    '  logToken(turn, mastership)\n',
    '',
  ),
  mutant(
    'foreign-token-of-the-log-not-learned',
    'a follower does not learn what its log says of other clusters',
    'node/interpret.ts',
    "if (from === 'master') learnToken(turn, record.credential)",
    '',
  ),
  mutant(
    'known-token-falls',
    'any grant of another cluster replaces the known one',
    'node/mastership.ts',
    'if (order > 0) adopt(turn, mastership)',
    'if (order !== 0) adopt(turn, mastership)',
  ),
  mutant(
    'answers-unknown-token',
    'a pre-vote is answered under a token that is not on disk',
    'election/pre-vote.ts',
    'if (compareTokens(message.token, own) > 0) {',
    'if (compareTokens(message.token, own) > 9) {',
  ),
  mutant(
    'whole-too-early',
    'a node that re-syncs calls its log whole as soon as it follows',
    'node/resync.ts',
    `guard.last.index < said.durableIndex) return
  if (catchUp !== null || decided.size > 0 || guard.last.index < held) return`,
    `guard.last.index < 0) return
  if (catchUp !== null || decided.size > 0 || guard.last.index > held + said.durableIndex) return`,
  ),
]
