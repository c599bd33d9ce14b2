/** Clients' transactions on their way to the other masters, gathered for a moment so that one frame carries many. */
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import type { NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { PeerMessage } from '@baton/shared/protocol/peer'

const GATHER_MS = 3

export class Gossip {
  readonly #masters: () => readonly NodeId[]
  readonly #send: (to: readonly NodeId[], message: PeerMessage) => void
  #gathered: Uint8Array[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | null = null

  constructor(masters: () => readonly NodeId[], send: (to: readonly NodeId[], message: PeerMessage) => void) {
    this.#masters = masters
    this.#send = send
  }

  spread(signed: SignedTransaction): void {
    this.#gathered.push(signed.bytes)
    this.#bytes += signed.bytes.length
    if (this.#bytes >= LIMITS.appendBytes / 4) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS)
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #flush(): void {
    this.stop()
    const transactions = this.#gathered
    this.#gathered = []
    this.#bytes = 0
    if (transactions.length > 0) this.#send(this.#masters(), { t: 'transactions', transactions })
  }
}
