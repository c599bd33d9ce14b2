/** Every fault strikes while transactions are in flight and enough are still to come. */
import type { Load } from '../load.ts'
import { waitFor } from '../wait.ts'

export const UNSUBMITTED_MIN = 1_000
const IN_FLIGHT_MIN = 8
/** Before the fault, so that there is something to compare with. */
const WARM_UP_ACKNOWLEDGED = 400
const BOUND_MS = 30_000

/** Waits for some more acknowledgements and for transactions in flight; returns with the load running at full speed. */
export async function underLoad(load: Load): Promise<void> {
  const enough = load.acknowledged.length + Math.min(WARM_UP_ACKNOWLEDGED, load.unsubmitted / 10)
  await waitFor('acknowledgements before the fault', BOUND_MS, () => load.acknowledged.length >= enough)
  await waitFor('transactions in flight', BOUND_MS, () => load.inFlight >= IN_FLIGHT_MIN || load.unsubmitted === 0)
}
