/** What must hold of a member after every step: used by production asserts, unit, property and simulation tests alike. */
import { compareBallots, majorityOf } from './ballot.ts'
import type { ArbiterStep } from './messages.ts'
import { contradiction } from './objection.ts'
import type { ArbiterState } from './types.ts'

/** Every broken invariant of one step, as `RULE: what is wrong`; empty when all is well. */
export function brokenInStep(before: ArbiterState, step: ArbiterStep): readonly string[] {
  const broken: string[] = []
  const must = (holds: boolean, sentence: string) => {
    if (!holds) broken.push(`MJ1: ${sentence}`)
  }
  const after = step.state
  const [was, is] = [before.seat, after.seat]
  if (was.promised !== null) {
    must(is.promised !== null && compareBallots(is.promised, was.promised) >= 0, 'a promise was taken back')
  }
  if (was.accepted !== null) {
    must(is.accepted !== null && compareBallots(is.accepted.ballot, was.accepted.ballot) >= 0, 'a vote was taken back')
  }
  if (is.accepted !== null) {
    must(
      is.promised !== null && compareBallots(is.promised, is.accepted.ballot) >= 0,
      'accepted above what is promised',
    )
  }
  must(is === was || step.write.some(({ seat }) => seat === is), 'a vote that is not on disk')
  must((after.standing.s === 'seated') === (is.accepted !== null), 'a seat without a value, or a value without a seat')
  brokenDecision(before, after, must)
  for (const send of step.send) {
    if (send.s === 'accepted') {
      const { accepted } = is
      must(accepted !== null && compareBallots(accepted.ballot, send.ballot) === 0, 'a vote for what is not accepted')
    }
  }
  const { proposal } = after
  if (proposal?.p === 'accepting') {
    must(proposal.needed >= majorityOf(after.config.members), 'a minority decides')
  }
  return broken
}

function brokenDecision(
  { decided: was }: ArbiterState,
  { decided: is }: ArbiterState,
  must: (holds: boolean, sentence: string) => void,
): void {
  if (was === null || was === is) return
  must(is !== null && compareBallots(is.ballot, was.ballot) > 0, 'an older decision replaced a newer one')
  const contradicts = is === null ? null : contradiction(was.value, is.value)
  must(contradicts === null, contradicts?.why ?? '')
}
