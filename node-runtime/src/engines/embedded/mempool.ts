/** Verified transactions that wait for a block, oldest first. Only a master keeps them. */
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import type { Hash } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'

export class Mempool {
  readonly #waiting = new Map<Hash, SignedTransaction>()
  #bytes = 0

  get size(): number {
    return this.#waiting.size
  }

  /** Of all that wait. */
  get bytes(): number {
    return this.#bytes
  }

  get(id: Hash): SignedTransaction | undefined {
    return this.#waiting.get(id)
  }

  add(signed: SignedTransaction): 'added' | 'known' | 'full' {
    if (this.#waiting.has(signed.id)) return 'known'
    if (this.isFull) return 'full'
    this.#waiting.set(signed.id, signed)
    this.#bytes += signed.bytes.length
    return 'added'
  }

  get isFull(): boolean {
    return this.#waiting.size >= LIMITS.mempoolTransactions || this.#bytes >= LIMITS.mempoolBytes
  }

  /** In the order of arrival; what is in a block leaves by `remove`. */
  transactions(): Iterable<SignedTransaction> {
    return this.#waiting.values()
  }

  remove(ids: Iterable<Hash>): void {
    for (const id of ids) {
      const signed = this.#waiting.get(id)
      if (signed === undefined) continue
      this.#waiting.delete(id)
      this.#bytes -= signed.bytes.length
    }
  }

  clear(): void {
    this.#waiting.clear()
    this.#bytes = 0
  }
}
