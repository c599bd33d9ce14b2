/** The registry of a cluster as the parts of its authority use it: kept here (`Decider`), or mirrored from its members (`Mirror`, MJ1). */
import type { RegistryContext, RegistryEvent, RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { Taken } from './decider.ts'

export interface Registrar {
  /** As of the last decision; a hint. */
  readonly state: RegistryState
  /** Inputs in order, all or none. */
  take(...inputs: readonly RegistryInput[]): Taken
  /** An event that is about no decision of the registry. */
  note(event: RegistryEvent): void
  /** What would come of an input now; nothing is changed or recorded. */
  consider(input: RegistryInput): RegistryStep
  context(): RegistryContext
}
