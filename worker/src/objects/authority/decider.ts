/**
 * Runs the registry machine over SQLite. Everything that changes the registry is decided in one synchronous transaction
 * over what the database says, not over memory: an instance that was replaced and still runs fails there (RG7).
 */
import { assert } from '@baton/shared/assert'
import { brokenInvariants } from '@baton/shared/core/registry/invariants'
import { step } from '@baton/shared/core/registry/machine'
import type {
  RegistryContext,
  RegistryEvent,
  RegistryInput,
  RegistrySend,
  RegistryStep,
} from '@baton/shared/core/registry/messages'
import { type Registry, type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import type { Rejection } from '@baton/shared/core/step'
import type { Clock } from '@baton/shared/ports/clock'
import type { Sql } from '../../adapters/sql.ts'
import type { Registrar } from './registrar.ts'
import type { RegistryLog } from './registry-log.ts'
import { applyWrite, loadRegistry, recordedVersion } from './registry-store.ts'

export interface Taken {
  readonly sends: readonly RegistrySend[]
  /** What was recorded. */
  readonly events: readonly RegistryEvent[]
  /** The registry as of these inputs. */
  readonly registry: Registry
  /** Why the first refused input was refused. */
  readonly rejected: Rejection | undefined
  /** Wanted: a `tick` after this long; null: none. */
  readonly tickAfterMs: number | null
}

export class Decider implements Registrar {
  #state: RegistryState
  readonly #sql: Sql
  readonly #clock: Clock
  /** Inside the transaction that the event is about. */
  readonly #log: Pick<RegistryLog, 'record'>

  constructor(sql: Sql, clock: Clock, log: Pick<RegistryLog, 'record'>) {
    this.#log = log
    this.#sql = sql
    this.#clock = clock
    this.#state = startAuthority(loadRegistry(sql), clock.now())
  }

  /** The state as of the last decision; a hint. */
  get state(): RegistryState {
    return this.#state
  }

  /** Decides inputs in order, all or none. Throws only on a broken invariant or a failing database: nothing is changed. */
  take(...inputs: readonly RegistryInput[]): Taken {
    const context = this.context()
    const heard = this.#justHear(inputs, context)
    const steps = heard ?? this.#sql.transaction(() => this.#decide(inputs, context))
    this.#state = steps.at(-1)?.state ?? this.#state
    const ticks = steps.flatMap(({ timers }) => timers.flatMap(({ after }) => (after === null ? [] : [after])))
    return {
      sends: steps.flatMap((taken) => taken.send),
      events: steps.flatMap((taken) => taken.events),
      registry: this.#state.registry,
      rejected: steps.find(({ rejected }) => rejected !== undefined)?.rejected,
      tickAfterMs: ticks.length === 0 ? null : Math.min(...ticks),
    }
  }

  /** An event that is about no decision of the registry. */
  note(event: RegistryEvent): void {
    this.#sql.transaction(() => this.#log.record(event))
  }

  /** What would come of an input now; nothing is changed or recorded. */
  consider(input: RegistryInput): RegistryStep {
    return step({ ...this.#state, registry: this.#recorded() }, input, this.context())
  }

  context(): RegistryContext {
    return { now: this.#clock.now(), wallClock: this.#clock.wallNow() }
  }

  /** The many reports that write nothing cost no transaction: they change memory only. */
  #justHear(inputs: readonly RegistryInput[], context: RegistryContext): readonly RegistryStep[] | null {
    const [input, ...more] = inputs
    if (input?.i !== 'report' || more.length > 0) return null
    const taken = step(this.#state, input, context)
    return taken.write.length === 0 && taken.events.length === 0 ? [taken] : null
  }

  #decide(inputs: readonly RegistryInput[], context: RegistryContext): readonly RegistryStep[] {
    let state: RegistryState = { ...this.#state, registry: this.#recorded() }
    return inputs.map((input) => {
      const taken = step(state, input, context)
      const broken = brokenInvariants(state, taken)
      assert(broken.length === 0, broken.join('; '))
      for (const write of taken.write) applyWrite(this.#sql, write)
      for (const event of taken.events) this.#log.record(event)
      state = taken.state
      return taken
    })
  }

  #recorded(): Registry {
    const { registry } = this.#state
    const version = registry.status === 'absent' ? null : registry.version
    return recordedVersion(this.#sql) === version ? registry : loadRegistry(this.#sql)
  }
}
