/** Every fault strikes while transactions are in flight and enough are still to come. */
import type { Load } from '../load.ts'
import { waitFor } from '../wait.ts'

const IN_FLIGHT_MIN = 4
/** Before the fault, so that there is something to compare with. */
const WARM_UP_ACKNOWLEDGED = 400
const BOUND_MS = 30_000

export async function underLoad(load: Load): Promise<void> {
  const enough = load.acknowledged.length + WARM_UP_ACKNOWLEDGED
  await waitFor('acknowledgements before the fault', BOUND_MS, () => load.acknowledged.length >= enough || load.done)
  await waitFor('transactions in flight', BOUND_MS, () => load.inFlight >= IN_FLIGHT_MIN || load.done)
}
