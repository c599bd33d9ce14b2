/** One alarm for all deadlines of an object. Alarms can be a minute late: every message looks at the deadlines too. */
import type { Usage } from '../metrics/usage.ts'

export class Backstop {
  readonly #storage: DurableObjectStorage
  readonly #usage: Usage
  #armedFor: number | null = null

  constructor(storage: DurableObjectStorage, usage: Usage) {
    this.#storage = storage
    this.#usage = usage
  }

  /** Wakes the object at or after this time; an earlier wish stands. A write, so it is not repeated. */
  wakeAt(at: number): void {
    if (this.#armedFor !== null && this.#armedFor <= at) return
    this.#armedFor = at
    this.#usage.rowsWritten += 1
    void this.#storage.setAlarm(at)
  }

  /** The alarm has rung. */
  rang(): void {
    this.#armedFor = null
  }
}
