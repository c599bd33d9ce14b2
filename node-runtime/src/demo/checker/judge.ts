/** The verdict over the gathered evidence: a pure function. */
import { compareChains } from './compare-chains.ts'
import { conflictingVotes } from './conflicting-votes.ts'
import type { Evidence, Judgement, Verdict } from './evidence.ts'
import { lostTransactions, repeatedTransactions } from './transactions.ts'

const FINDINGS_PER_KIND = 5

export function judge(evidence: Evidence): Judgement {
  const lost = lostTransactions(evidence.acknowledged, evidence.copies)
  const repeated = repeatedTransactions(evidence.copies)
  const chains = compareChains(evidence.copies, evidence.height)
  const votes = conflictingVotes(evidence.votes, evidence.isGenuine)
  const wrong = [lost.findings, repeated.findings, chains.findings, votes.findings]
  const unknown = [...evidence.missing, ...votes.unverifiable]
  return {
    verdict: verdict(wrong.flat().length > 0, unknown.length > 0),
    lost: lost.count,
    duplicated: repeated.count,
    resultHashesEqual: chains.equal,
    conflictingVotes: votes.count,
    height: chains.height,
    findings: [...wrong, unknown].flatMap(firstFew),
  }
}

/** A proven fault is false even when something else could not be looked at. */
function verdict(wrong: boolean, unknown: boolean): Verdict {
  if (wrong) return 'false'
  return unknown ? 'unknown' : 'true'
}

function firstFew(findings: readonly string[]): string[] {
  const rest = findings.length - FINDINGS_PER_KIND
  return rest <= 0 ? [...findings] : [...findings.slice(0, FINDINGS_PER_KIND), `… and ${rest} more of this kind`]
}
