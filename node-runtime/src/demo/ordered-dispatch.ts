/**
 * Runs work in parallel, but work of one key in the order it came, and no more than `inFlightMax` at once. `add` resolves when
 * there is room for the next: the reader of a long file waits there, so memory is bounded.
 */
export class OrderedDispatch {
  readonly #inFlightMax: number
  /** A key in here has one piece in flight; the list waits behind it. */
  readonly #behind = new Map<string, (() => Promise<void>)[]>()
  readonly #room: (() => void)[] = []
  #waiting = 0
  #inFlight = 0

  constructor(inFlightMax: number) {
    this.#inFlightMax = inFlightMax
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** @param work must not reject */
  async add(key: string, work: () => Promise<void>): Promise<void> {
    const behind = this.#behind.get(key)
    if (behind === undefined) {
      this.#behind.set(key, [])
      this.#run(key, work)
    } else {
      behind.push(work)
      this.#waiting += 1
    }
    while (this.#inFlight + this.#waiting >= this.#inFlightMax) {
      await new Promise<void>((resolve) => this.#room.push(resolve))
    }
  }

  /** Resolves when nothing is in flight or waiting. */
  async drained(): Promise<void> {
    while (this.#inFlight + this.#waiting > 0) await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  #run(key: string, work: () => Promise<void>): void {
    this.#inFlight += 1
    void work().then(() => {
      this.#inFlight -= 1
      const next = this.#behind.get(key)!.shift()
      if (next === undefined) this.#behind.delete(key)
      else {
        this.#waiting -= 1
        this.#run(key, next)
      }
      for (const resume of this.#room.splice(0)) resume()
    })
  }
}
