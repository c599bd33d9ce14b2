/** Frames of one socket are dealt with in their order, although verifying them yields; those of others do not wait. */

export class Lanes {
  readonly #lanes = new Map<string, { tail: Promise<void>; waiting: number }>()
  readonly #limit: number

  /** `limit`: frames of one socket that may wait. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Null when too much is waiting already: the work is not done. Work that fails is logged; the lane goes on. */
  run(id: string, work: () => Promise<void>): Promise<void> | null {
    const lane = this.#lanes.get(id) ?? { tail: Promise.resolve(), waiting: 0 }
    if (lane.waiting >= this.#limit) return null
    this.#lanes.set(id, lane)
    lane.waiting += 1
    lane.tail = lane.tail
      .then(work)
      .catch((error) => console.error('a frame could not be dealt with', error))
      .finally(() => {
        lane.waiting -= 1
        if (lane.waiting === 0) this.#lanes.delete(id)
      })
    return lane.tail
  }
}
