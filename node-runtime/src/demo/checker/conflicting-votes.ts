import type { LoggedVote } from './evidence.ts'

export interface VoteFindings {
  readonly count: number
  readonly findings: readonly string[]
  readonly unverifiable: readonly string[]
}

/**
 * NW3: a cluster votes once per (height, round, type), whichever of its masters signs; the same vote under a later epoch is
 * the same vote. Anybody can write a line into a journal, so only votes with a genuine signature count against a cluster.
 */
export function conflictingVotes(
  votes: readonly LoggedVote[],
  isGenuine: (vote: LoggedVote) => boolean | null,
): VoteFindings {
  const unverifiable: string[] = []
  /** Vote slot → the block voted for → a genuine vote for it. */
  const slots = new Map<string, Map<string | null, LoggedVote>>()
  for (const vote of distinct(votes)) {
    const slot = `${vote.cluster}, height ${vote.height}, round ${vote.round}, ${vote.type}`
    const genuine = isGenuine(vote)
    if (genuine === null)
      unverifiable.push(`no credential shows who holds ${vote.cluster} epoch ${vote.epoch}: ${slot}`)
    if (genuine !== true) continue
    const blocks = slots.get(slot) ?? new Map<string | null, LoggedVote>()
    blocks.set(vote.block, vote)
    slots.set(slot, blocks)
  }
  const findings = [...slots]
    .filter(([, blocks]) => blocks.size > 1)
    .map(([slot, blocks]) => `conflicting votes: ${slot}: ${[...blocks.values()].map(show).join(' and ')}`)
  return { count: findings.length, findings, unverifiable }
}

/** Several receivers log the same vote: each is verified once. */
function distinct(votes: readonly LoggedVote[]): Iterable<LoggedVote> {
  return new Map(votes.map((vote) => [JSON.stringify(Object.values(vote)), vote])).values()
}

function show(vote: LoggedVote): string {
  return `${vote.block ?? 'nil'} under epoch ${vote.epoch}`
}
