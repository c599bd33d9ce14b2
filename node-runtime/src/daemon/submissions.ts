/**
 * Clients' transactions on their way to an acknowledgement: into the mempool of this master, or to the cluster's master over
 * its link, again after every switch, until the block that has them is held (GU2) or the time is up.
 */
import { decodeReceipt, encodeReceipt } from '@baton/shared/codec/receipt'
import { decodeSigned } from '@baton/shared/codec/transaction'
import { admitTransaction } from '@baton/shared/core/ledger/admit-transaction'
import type { Application } from '@baton/shared/core/ledger/application'
import type { Receipt, SignedTransaction } from '@baton/shared/core/ledger/types'
import { isLeading, type NodeState } from '@baton/shared/core/node/state'
import type { HashFunction } from '@baton/shared/core/step'
import { BatonError, type ErrorCode, isErrorCode } from '@baton/shared/errors'
import type { Hash, Height, NodeId } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ChainReader } from '@baton/shared/ports/node-store'
import type { Verifier } from '@baton/shared/ports/signing'
import type { PeerMessage, Submit, SubmitResult } from '@baton/shared/protocol/peer'
import type { Submitted } from '../api/node-service.ts'
import type { Mempool } from '../engines/embedded/mempool.ts'
import { signedMessage } from './block-verifier.ts'
import { submissionRemedy } from './submission-remedies.ts'

export interface SubmissionPorts {
  readonly state: () => NodeState
  readonly reader: Pick<ChainReader, 'transaction' | 'stateValue'>
  readonly application: Application
  readonly hash: HashFunction
  readonly verifier: Verifier
  readonly mempool: Mempool
  readonly send: (to: NodeId, message: PeerMessage) => boolean
  /** A transaction of a client of this cluster entered the mempool: other masters want it too. */
  readonly spread: (signed: SignedTransaction) => void
  readonly hasWork: () => void
}

interface Waiting {
  readonly signed: SignedTransaction
  readonly since: number
  readonly settle: (outcome: Outcome) => void
  /** Where it was sent; null while it is here or nowhere. */
  forwardedTo: NodeId | null
}

type Outcome = { readonly ok: true; readonly submitted: Submitted } | { readonly ok: false; readonly error: BatonError }

/** A client waits this long; a switch takes a second or so. */
const WAIT_MS = 20_000
const SWEEP_MS = 250

export class Submissions {
  readonly #ports: SubmissionPorts
  readonly #waiting = new Map<Hash, Waiting[]>()
  /** Only the node that was asked may answer: any other could make up receipts. */
  readonly #requests = new Map<number, { readonly id: Hash; readonly to: NodeId }>()
  /** Executed here and waited for, by height, until the height is held. */
  readonly #unheld = new Map<Height, Hash[]>()
  #held = 0
  #nextRequest = 1
  readonly #sweeper: NodeJS.Timeout

  constructor(ports: SubmissionPorts) {
    this.#ports = ports
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  stop(): void {
    clearInterval(this.#sweeper)
    for (const [id, list] of this.#waiting) {
      for (const waiting of list) waiting.settle({ ok: false, error: unknownOutcome(id, 'this node is stopping') })
    }
    this.#waiting.clear()
  }

  /** @throws BatonError see `NodeService.submit` */
  async submit(bytes: Uint8Array): Promise<Submitted> {
    const { hash, state } = this.#ports
    if (bytes.length > LIMITS.transactionBytes) {
      throw new BatonError(
        'BODY_TOO_LARGE',
        `a transaction has at most ${LIMITS.transactionBytes} bytes, this has ${bytes.length}`,
        { remedy: submissionRemedy('BODY_TOO_LARGE') },
      )
    }
    const decoded = decodeSigned(hash, bytes)
    if (!decoded.ok) throw new BatonError(decoded.code, decoded.why, { remedy: submissionRemedy(decoded.code) })
    const signed = decoded.value
    if (isLeading(state())) {
      const done = await this.#accept(signed)
      if (done !== null) return done
    } else this.#precheckNetwork(signed)
    const outcome = await new Promise<Outcome>((settle) => {
      const waiting: Waiting = { signed, since: performance.now(), settle, forwardedTo: null }
      const list = this.#waiting.get(signed.id)
      if (list === undefined) this.#waiting.set(signed.id, [waiting])
      else list.push(waiting)
      if (!isLeading(state())) this.#forward(signed.id)
      // It may have been executed while its signature was being verified.
      else this.#settleExecuted(signed.id)
    })
    if (outcome.ok) return outcome.submitted
    throw outcome.error
  }

  /** Transactions gossiped by other masters (already spread). */
  async receive(transactions: readonly Uint8Array[]): Promise<void> {
    const { hash, reader, mempool, verifier, state, hasWork } = this.#ports
    if (!isLeading(state())) return
    const fresh: SignedTransaction[] = []
    for (const bytes of transactions) {
      const decoded = decodeSigned(hash, bytes)
      if (!decoded.ok || decoded.value.transaction.network !== state().chain.network) continue
      if (mempool.get(decoded.value.id) !== undefined || reader.transaction(decoded.value.id) !== null) continue
      fresh.push(decoded.value)
    }
    if (fresh.length === 0) return
    const valid = await verifier.verifyAll(fresh.map(signedMessage))
    for (const [i, signed] of fresh.entries()) {
      if (valid[i] === true && reader.transaction(signed.id) === null) mempool.add(signed)
    }
    hasWork()
  }

  /** Another node of the cluster forwards a client's transaction, or answers one of ours. */
  onPeer(from: NodeId, message: Submit | SubmitResult): void {
    if (message.t === 'submit') {
      void this.#serve(from, message)
      return
    }
    const asked = this.#requests.get(message.request)
    if (asked === undefined || asked.to !== from) return
    this.#requests.delete(message.request)
    const { id } = asked
    const { outcome } = message
    if (outcome.ok) {
      const receipt = decodeReceipt(outcome.receipt)
      if (receipt.ok && receipt.value.id === id) this.#settle(id, { ok: true, submitted: submitted(receipt.value) })
      return
    }
    // The node asked was not the master any more: the sweep sends it to the next one.
    if (outcome.code === 'NOT_MASTER' || outcome.code === 'NOT_HELD') {
      for (const waiting of this.#waiting.get(id) ?? []) waiting.forwardedTo = null
      return
    }
    const code = codeOf(outcome.code)
    this.#settle(id, { ok: false, error: new BatonError(code, outcome.why, { remedy: submissionRemedy(code) }) })
  }

  executed(height: Height, receipts: readonly Receipt[]): void {
    const waited = receipts.filter((receipt) => this.#waiting.has(receipt.id)).map((receipt) => receipt.id)
    if (waited.length === 0) return
    if (height <= this.#held && isLeading(this.#ports.state())) for (const id of waited) this.#settleExecuted(id)
    else this.#unheld.set(height, waited)
  }

  held(height: Height): void {
    this.#held = Math.max(this.#held, height)
    for (const [executed, ids] of this.#unheld) {
      if (executed > height) continue
      this.#unheld.delete(executed)
      for (const id of ids) this.#settleExecuted(id)
    }
  }

  /** The mastership has changed, here or elsewhere in the cluster. */
  mastershipChanged(): void {
    if (!isLeading(this.#ports.state())) {
      this.#held = 0
      this.#unheld.clear()
    }
    this.#requests.clear()
    for (const list of this.#waiting.values()) for (const waiting of list) waiting.forwardedTo = null
    this.#sweep()
  }

  /** What was forwarded over this link will not be answered: the sweep sends it again, when there is a way. */
  linkClosed(node: NodeId): void {
    for (const [request, { to }] of this.#requests) if (to === node) this.#requests.delete(request)
    for (const list of this.#waiting.values()) {
      for (const waiting of list) if (waiting.forwardedTo === node) waiting.forwardedTo = null
    }
  }

  async #serve(from: NodeId, message: Submit): Promise<void> {
    const { state, send } = this.#ports
    const { request } = message
    let outcome: SubmitResult['outcome']
    if (!isLeading(state())) {
      const master = masterOf(state())
      outcome = { ok: false, code: 'NOT_MASTER', why: 'this node is not the master', master }
    } else {
      try {
        const { receipt } = await this.submit(message.transaction)
        outcome = { ok: true, receipt: encodeReceipt(receipt) }
      } catch (error) {
        const { code, message: why } = error instanceof BatonError ? error : new BatonError('INTERNAL', String(error))
        outcome = { ok: false, code, why, master: masterOf(state()) }
      }
    }
    send(from, { t: 'submitResult', request, outcome })
  }

  /** Into this master's mempool; the answer at once when it is executed and held already. */
  async #accept(signed: SignedTransaction): Promise<Submitted | null> {
    const { state, reader, application, verifier, mempool, spread, hasWork } = this.#ports
    if (mempool.get(signed.id) !== undefined) return null
    const admission = admitTransaction(state().chain, signed, reader, application)
    if (!admission.ok) {
      throw new BatonError(admission.code, admission.why, { remedy: submissionRemedy(admission.code) })
    }
    if (admission.kind === 'executed') {
      return admission.receipt.height <= this.#held ? submitted(admission.receipt) : null
    }
    const [valid] = await verifier.verifyAll([signedMessage(signed)])
    if (valid !== true) {
      throw new BatonError('TRANSACTION_SIGNATURE', `the signature of transaction ${signed.id} is not valid`, {
        remedy: submissionRemedy('TRANSACTION_SIGNATURE'),
      })
    }
    const added = mempool.add(signed)
    if (added === 'full') {
      throw new BatonError('MEMPOOL_FULL', `${mempool.size} transactions wait already`, {
        remedy: submissionRemedy('MEMPOOL_FULL'),
      })
    }
    if (added === 'added') {
      spread(signed)
      hasWork()
    }
    return null
  }

  #precheckNetwork(signed: SignedTransaction): void {
    const { network } = this.#ports.state().chain
    if (signed.transaction.network === network) return
    throw new BatonError(
      'TRANSACTION_NETWORK',
      `the transaction is for network ${signed.transaction.network}, this is ${network}`,
      {
        remedy: submissionRemedy('TRANSACTION_NETWORK'),
      },
    )
  }

  #settleExecuted(id: Hash): void {
    const found = this.#ports.reader.transaction(id)
    if (found === null) return
    if (found.height > this.#held) {
      const ids = this.#unheld.get(found.height)
      if (ids === undefined) this.#unheld.set(found.height, [id])
      else if (!ids.includes(id)) ids.push(id)
      return
    }
    const receipt = decodeReceipt(found.receipt)
    if (receipt.ok) this.#settle(id, { ok: true, submitted: submitted(receipt.value) })
  }

  #settle(id: Hash, outcome: Outcome): void {
    const list = this.#waiting.get(id)
    if (list === undefined) return
    this.#waiting.delete(id)
    for (const waiting of list) waiting.settle(outcome)
  }

  #forward(id: Hash): void {
    const master = masterOf(this.#ports.state())
    const list = this.#waiting.get(id)
    const first = list?.[0]
    if (master === null || list === undefined || first === undefined) return
    const request = this.#nextRequest++
    if (!this.#ports.send(master, { t: 'submit', request, transaction: first.signed.bytes })) return
    this.#requests.set(request, { id, to: master })
    for (const waiting of list) waiting.forwardedTo = master
  }

  /** Sends what nobody has, and gives up on what has waited too long. */
  #sweep(): void {
    const { state } = this.#ports
    const now = performance.now()
    const leading = isLeading(state())
    for (const [id, list] of this.#waiting) {
      const first = list[0]
      if (first === undefined) continue
      if (now - first.since > WAIT_MS) {
        const error =
          first.forwardedTo === null && !leading
            ? new BatonError('NOT_MASTER', 'no master of this cluster could be reached', {
                remedy: 'Send it to a node of another cluster, or again later: a transaction is executed once.',
              })
            : unknownOutcome(id, `no block has held it for ${WAIT_MS / 1_000} s`)
        this.#settle(id, { ok: false, error })
      } else if (leading && this.#ports.mempool.get(id) === undefined && !this.#isUnheld(id)) {
        this.#takeBack(id, first.signed)
      } else if (!leading && first.forwardedTo === null) this.#forward(id)
    }
  }

  #isUnheld(id: Hash): boolean {
    for (const ids of this.#unheld.values()) if (ids.includes(id)) return true
    return false
  }

  /** This node became master while transactions of its clients were elsewhere. */
  #takeBack(id: Hash, signed: SignedTransaction): void {
    this.#accept(signed).then(
      (done) => {
        if (done !== null) this.#settle(id, { ok: true, submitted: done })
        else this.#settleExecuted(id)
      },
      (error: unknown) => {
        if (error instanceof BatonError) this.#settle(id, { ok: false, error })
      },
    )
  }
}

function submitted(receipt: Receipt): Submitted {
  return { id: receipt.id, height: receipt.height, index: receipt.index, receipt }
}

/** The master of this node's cluster by the highest token known; null when it is this node or unknown. */
function masterOf(state: NodeState): NodeId | null {
  const own = state.election.own
  return own === null || own.node === state.config.election.node ? null : own.node
}

function unknownOutcome(id: Hash, why: string): BatonError {
  return new BatonError('NOT_HELD', `transaction ${id}: ${why}`, {
    remedy: 'Its outcome is unknown: send the same bytes again, it is executed once.',
  })
}

function codeOf(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'INTERNAL'
}
