/**
 * Whether there is time: `.ci/run` sets `BATON_LONG=1`, and what searches or repeats then does so as often as it says. Without, `npm test`
 * does the same with fewer repetitions, so that all of it takes minutes.
 */
export const LONG = process.env.BATON_LONG === '1'

/** How often something is repeated: with time, and without. */
export function times(long: number, short: number): number {
  return LONG ? long : short
}
