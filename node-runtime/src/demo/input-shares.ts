/** How the input is dealt to the cases: each strikes while its own share is being submitted, and the last lines are kept for the end. */
import { BatonError } from '@baton/shared/errors'
import type { DemoCase } from './cases/case.ts'

/** Lines that no fault may find already submitted. */
const RESERVE = 1_200
/** Of the input for one share: what is acknowledged before the fault, and some seconds of load. */
const SHARE_MIN = 600
/** One round of the sample is enough for so many. */
const SHARES_PER_ROUND = 4

/** How often the sample is submitted. */
export function roundsFor(cases: readonly DemoCase[]): number {
  return Math.max(1, Math.ceil(sharesOf(cases) / SHARES_PER_ROUND))
}

/** @throws BatonError BAD_REQUEST for an input that is too short for these cases */
export function checkEnough(cases: readonly DemoCase[], count: number): void {
  const shares = sharesOf(cases)
  if (shares === 0 || (count - keptOf(count)) / shares >= SHARE_MIN) return
  const least = SHARE_MIN * shares + Math.min(RESERVE, (SHARE_MIN * shares) / 2)
  throw new BatonError('BAD_REQUEST', `${count} transactions are too few for ${cases.length} cases under load`, {
    remedy: `give at least ${least}, or choose fewer cases with --case`,
  })
}

/** What stays unsubmitted while the case at that place runs: the shares of those after it, and what is kept. */
export function reserveDuring(cases: readonly DemoCase[], at: number, count: number): number {
  const kept = keptOf(count)
  return kept + Math.floor(((count - kept) * sharesOf(cases.slice(at + 1))) / sharesOf(cases))
}

function sharesOf(cases: readonly DemoCase[]): number {
  return cases.filter(({ when }) => when === 'load').reduce((sum, { shares = 1 }) => sum + shares, 0)
}

function keptOf(count: number): number {
  return Math.min(RESERVE, Math.floor(count / 3))
}
