import { BatonError } from '@baton/shared/errors'
import type { DemoCase } from './case.ts'
import { controlConflictingVote } from './control-conflicting-vote.ts'
import { controlLostRow } from './control-lost-row.ts'
import { controlSilentNode } from './control-silent-node.ts'
import { edgeLost } from './edge-lost.ts'
import { join } from './join.ts'
import { masterAndStandbyKilled } from './master-and-standby-killed.ts'
import { masterFrozen } from './master-frozen.ts'
import { masterKilled } from './master-killed.ts'
import { planned } from './planned.ts'
import { siteLost } from './site-lost.ts'
import { wrongResults } from './wrong-results.ts'

/** In the order in which they run. */
export const CASES: readonly DemoCase[] = [
  masterKilled,
  masterFrozen,
  siteLost,
  edgeLost,
  wrongResults,
  masterAndStandbyKilled,
  planned,
  join,
  controlLostRow,
  controlConflictingVote,
  controlSilentNode,
]

/** @param names empty: the default cases. @throws BatonError BAD_REQUEST naming the cases there are */
export function selectCases(names: readonly string[]): DemoCase[] {
  const unknown = names.find((name) => !CASES.some((candidate) => candidate.name === name))
  if (unknown !== undefined) {
    throw new BatonError('BAD_REQUEST', `there is no case ${unknown}`, {
      remedy: `choose from: ${CASES.map(({ name }) => name).join(', ')}`,
    })
  }
  return CASES.filter(({ name, kind }) => (names.length === 0 ? kind === 'default' : names.includes(name)))
}
