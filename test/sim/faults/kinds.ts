/** All kinds of faults by name. */
import { clockFaults } from './clocks.ts'
import { diskFaults } from './disks.ts'
import { edgeFaults } from './edges.ts'
import { errorFaults } from './errors.ts'
import { linkFaults } from './links.ts'
import { operatorFaults } from './operators.ts'
import { processFaults } from './processes.ts'
import { recoveryFaults } from './recoveries.ts'
import type { Fault } from './stage.ts'

const ALL = {
  ...processFaults,
  ...diskFaults,
  ...linkFaults,
  ...edgeFaults,
  ...clockFaults,
  ...recoveryFaults,
  ...operatorFaults,
  ...errorFaults,
}

export type FaultKind = keyof typeof ALL
export const FAULT_KINDS: Readonly<Record<FaultKind, Fault>> = ALL
