/** All kinds of faults by name. */
import { clockFaults } from './clocks.ts'
import { diskFaults } from './disks.ts'
import { edgeFaults } from './edges.ts'
import { errorFaults } from './errors.ts'
import { lateCopyFaults } from './late-copies.ts'
import { linkFaults } from './links.ts'
import { oldMasterFaults } from './old-masters.ts'
import { operatorFaults } from './operators.ts'
import { processFaults } from './processes.ts'
import { recoveryFaults } from './recoveries.ts'
import { revocationFaults } from './revocations.ts'
import { rivalFaults } from './rivals.ts'
import { sequenceFaults } from './sequences.ts'
import type { Fault } from './stage.ts'
import { switchoverFaults } from './switchovers.ts'
import { theftFaults } from './thefts.ts'
import { twinFaults } from './twins.ts'

const FIRST = {
  ...processFaults,
  ...diskFaults,
  ...linkFaults,
  ...edgeFaults,
  ...clockFaults,
  ...recoveryFaults,
  ...operatorFaults,
  ...errorFaults,
}

const LATER = {
  ...sequenceFaults,
  ...oldMasterFaults,
  ...lateCopyFaults,
  ...twinFaults,
  ...switchoverFaults,
  ...revocationFaults,
  ...rivalFaults,
  ...theftFaults,
}

export type FaultKind = keyof typeof FIRST | keyof typeof LATER
export const FAULT_KINDS: Readonly<Record<FaultKind, Fault>> = { ...FIRST, ...LATER }
/** Kinds that came later are drawn apart, so that what else an older seed runs does not shift. */
export const DRAWN_APART: ReadonlySet<string> = new Set(Object.keys(LATER))
/** Only an operator ends what they leave behind: no seed draws them, and who wants one names it. */
export const NEVER_DRAWN: ReadonlySet<FaultKind> = new Set(Object.keys(theftFaults) as (keyof typeof theftFaults)[])
