/** How long members wait for each other (MJ1): by the distances that the timings of their cluster are made for. */
import type { ClusterPolicy } from '../../genesis.ts'
import type { Ms } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'

type Timings = Pick<ClusterPolicy, 'suspectAfterMs'>

/** For the answers of a majority, there and back and onto their disks: less, and a proposal would begin anew before the first has come. */
export function roundMs({ suspectAfterMs }: Timings): Ms {
  return Math.max(LIMITS.arbiterRoundMs, suspectAfterMs / 2) as Ms
}

/** For all of it: what has not been decided by then is answered as unknown. */
export function askMs(timings: Timings): Ms {
  return Math.max(LIMITS.arbiterAskMs, 4 * roundMs(timings)) as Ms
}
