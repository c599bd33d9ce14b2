/** The state while one block is executed: the stored state under the writes of the block's transactions so far. */
import type { ChainReader } from '../../ports/node-store.ts'
import type { StateView, StateWrite } from './application.ts'

/** Keys of the chain's own entries; they are stored beside the application's state, outside the state tree. */
export const SYSTEM_PREFIX = 'sys/'

export class BlockState implements StateView {
  /** Set when a read failed: this node's disk is at fault, not the transaction, and no receipt may come of it. */
  storeFailure: { readonly cause: unknown } | null = null
  readonly #reader: Pick<ChainReader, 'stateValue'>
  readonly #read = new Map<string, Uint8Array | null>()
  readonly #written = new Map<string, Uint8Array | null>()

  constructor(reader: Pick<ChainReader, 'stateValue'>) {
    this.#reader = reader
  }

  get(key: string): Uint8Array | null {
    const written = this.#written.get(key)
    if (written !== undefined) return written
    const known = this.#read.get(key)
    if (known !== undefined) return known
    const value = this.#stored(key)
    this.#read.set(key, value)
    return value
  }

  apply(writes: readonly StateWrite[]): void {
    for (const { key, value } of writes) this.#written.set(key, value)
  }

  /** The last value of every key that was written. */
  changes(): ReadonlyMap<string, Uint8Array | null> {
    return this.#written
  }

  #stored(key: string): Uint8Array | null {
    if (key.startsWith(SYSTEM_PREFIX)) return null
    try {
      return this.#reader.stateValue(key)
    } catch (cause) {
      this.storeFailure = { cause }
      throw cause
    }
  }
}
