/** One alarm for all deadlines of an object. Alarms can be a minute late: every message looks at the deadlines too. */

export class Backstop {
  readonly #storage: DurableObjectStorage
  #armedFor: number | null = null

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
  }

  /** Wakes the object at or after this time; an earlier wish stands. A write, so it is not repeated. */
  wakeAt(at: number): void {
    if (this.#armedFor !== null && this.#armedFor <= at) return
    this.#armedFor = at
    void this.#storage.setAlarm(at)
  }

  /** The alarm has rung. */
  rang(): void {
    this.#armedFor = null
  }
}
