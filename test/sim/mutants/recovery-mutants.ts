/** Defects of recovery, orders, pauses and restores. */
import { type Mutant, mutant, type Wanted } from './mutant.ts'

/** Recoveries, one after another and in two clusters at once. */
const RECOVERIES: Wanted = {
  focus: ['forgetSyncSet', 'hideSyncSet', 'loseSyncSet', 'resign'],
  network: [4, 3],
  safetyMs: 30_000,
}
const LATE_VOTES: Wanted = { focus: ['lateVotes'], network: [4, 3], safetyMs: 40_000 }

export const RECOVERY_MUTANTS: readonly Mutant[] = [
  mutant(
    'recovering-mark-lost',
    'the next claim in recovery is granted without the mark',
    'registry/granting.ts',
    'const recovery = verdict.recovering ? recoveryAfter(registry) : registry.recovery',
    'const recovery = verdict.recovering ? recoveryAfter(registry) : null',
    { ...RECOVERIES, focus: [...RECOVERIES.focus, 'killNewMaster'] },
  ),
  mutant(
    'votes-in-recovery',
    'a recovering master votes at once',
    'node/height.ts',
    'mayVote: state.recovery === null,',
    'mayVote: true,',
  ),
  mutant(
    'horizon-of-one',
    'the acknowledgement of one cluster makes a horizon',
    'node/recovery.ts',
    'if (heights.length < quorum(config.clusters.length)) return',
    'if (heights.length < 1) return',
  ),
  mutant(
    'epoch-acknowledged-before-held',
    "another cluster's recovering epoch is acknowledged before that is held, so a failover loses it",
    'node/epoch-ack.ts',
    "writeRecord(turn, { kind: 'token', credential, height: workingHeight(turn.state) }, release)",
    `turn.state = { ...turn.state, heldTokens: new Map(turn.state.heldTokens).set(cluster, { generation, epoch }) }
  acknowledgeEpoch(turn, cluster)
  writeRecord(turn, { kind: 'token', credential, height: workingHeight(turn.state) }, release)`,
  ),
  mutant(
    'recovery-without-silence',
    'signs of life of the sync set do not hold up recovery',
    'registry/recovery.ts',
    'return lifeRefusal(registry, hearing, context) ?? foreignRefusal(registry, hearing, context.now)',
    'return foreignRefusal(registry, hearing, context.now)',
  ),
  mutant(
    'restored-sync-set-trusted',
    'a restored registry grants by the sync set that stands in it',
    'registry/restore.ts',
    'restore: { shown: new Map(), elsewhere: null },',
    'restore: null,',
  ),
  mutant(
    'restore-does-not-wait',
    'a restore ends with the first node that has shown what it holds',
    'registry/restore-best.ts',
    'if (silent.length === 0) return null',
    'if (silent.length < syncSet.length) return null',
  ),
  {
    name: 'bar-ignored',
    what: 'a barred node stands, and is elected',
    patches: [
      {
        file: 'shared/src/core/registry/electable.ts',
        find: 'if (bars.includes(node)) return',
        replace: 'if (bars.length < 0) return',
      },
      {
        file: 'shared/src/core/election/candidates.ts',
        find: "if (known.bars.includes(config.node) && why !== 'own') return",
        replace: 'if (known.bars.length < 0) return',
      },
    ],
    wants: { focus: ['order', 'kill', 'resign'], network: [1, 3] },
  },
  mutant(
    'pause-ignored',
    'switches go on while they are paused',
    'registry/pause.ts',
    'if (pause === null || claimant === registry.master) return null',
    'if (pause === null || claimant !== null) return null',
  ),
  mutant(
    'to-and-fro',
    'a living master is switched back at once',
    'registry/switches.ts',
    'if (last !== null && (last.from === claim.node || last.from === null)) {',
    'if (last !== null && last.from === null) {',
  ),
  mutant(
    'vote-across-a-recovery',
    'a vote under a token before a clean one counts although a token in between was missed or recovering',
    'node/screen.ts',
    `  if (later.some(({ recovering }) => recovering)) return false
  return known.epoch - vote.epoch === later.length`,
    '  return true',
    LATE_VOTES,
  ),
  mutant(
    'old-votes-after-an-acknowledgement',
    'votes of before a recovering epoch count above the height at which that was learned',
    'node/screen.ts',
    'if (known.recovering) return vote.height <= learnedAt(state, vote.cluster)',
    'if (known.recovering) return true',
    LATE_VOTES,
  ),
  mutant(
    'acknowledges-while-recovering',
    "a recovering cluster acknowledges another's recovering epoch",
    'node/epoch-ack.ts',
    'if (!isLeading(turn.state) || recovery !== null || mastership',
    'if (!isLeading(turn.state) || mastership',
    RECOVERIES,
  ),
  mutant(
    'recovery-ends-early',
    'recovery ends when the chain has reached the horizon',
    'node/recovery.ts',
    'if (horizon === null || tip <= horizon || heldHeight <= horizon) return null',
    'if (horizon === null || tip < horizon || heldHeight < horizon) return null',
    { ...RECOVERIES, focus: ['forgetSyncSet'], loadEveryMs: 4_000 },
  ),
  mutant(
    'restore-forgets-reshapes',
    'a restore takes the sync set of the last grant, whatever has changed since',
    'registry/restore-best.ts',
    'if (!sameToken(reshape, grant) || reshape.node !== grant.node || reshape.version < version) continue',
    'if (!sameToken(reshape, grant) || reshape.node !== grant.node || reshape.version > 0) continue',
  ),
]
