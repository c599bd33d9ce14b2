/** One block and one result per height; what was acknowledged is in the chain, once, on every node that has reached its height. */
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { type CommitCertificate, quorum } from '@baton/shared/core/ledger/types'
import type { NodeSend } from '@baton/shared/core/node/io'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { compareTokens, type Hash, type Height, type NodeId } from '@baton/shared/ids'
import { blockOf, certificateIn } from '../decoded.ts'
import type { Host } from '../host.ts'
import { electableWith, isVoid, type Scene } from './scene.ts'

export class Chain {
  /** Transactions whose block was held by the cluster that was asked. */
  readonly acknowledged = new Set<Hash>()
  /** Those, and what a master that its cluster has given up has told its clients (section 6): they ask no more. */
  readonly answered = new Set<Hash>()
  readonly #scene: Scene
  readonly #blocks = new Map<number, { readonly hash: Hash; readonly result: Hash; readonly node: NodeId }>()
  /** Transaction → the height at which it first was executed. */
  readonly #heights = new Map<Hash, Height>()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  executed(host: Host, { block, certificate, result, receipts }: Extract<NodeSend, { s: 'executed' }>): void {
    if (host.traitor || host.miscounts) return
    const { height } = block.header
    this.#counts(host, certificate)
    const before = this.#blocks.get(height - 1)
    if (before !== undefined && before.result !== block.header.result) {
      this.#scene.breach('one result per height', `block ${height} builds on another result than ${before.node} has`)
    }
    const known = this.#blocks.get(height)
    if (known === undefined) {
      this.#blocks.set(height, { hash: block.hash, result, node: host.node })
      for (const { id } of receipts) {
        const at = this.#heights.get(id)
        if (at !== undefined) this.#twice(id, at, height)
        this.#heights.set(id, height)
      }
    } else if (known.hash !== block.hash) {
      this.#scene.breach('one block per height', `fork at ${height}: ${known.node} and ${host.node}`)
    } else if (known.result !== result) {
      this.#scene.breach('one result per height', `results differ at ${height}: ${known.node} and ${host.node}`)
    }
  }

  /** GU2: the decision is on the disk of every node that could be granted the next epoch, in its log or in its chain. */
  told(host: Host, height: Height): void {
    // The token it leads under, or has just led under: what it releases may leave after it has seen a higher one.
    const under = host.disk.required?.token ?? host.state.guard.token
    const promises = !isVoid(this.#scene, host.cluster, under)
    for (const other of promises ? electableWith(this.#scene, host) : []) {
      if (hasDecision(other, height)) continue
      const where = `not on the disk of ${other.node}`
      this.#scene.breach('GU2 acknowledges only what is held', `${host.node} acknowledges height ${height}, ${where}`)
    }
    const stored = host.store.block(height)
    const decided = host.state.decided.get(height)
    const body = decided === undefined ? null : host.state.bodies.get(decided.certificate.block)?.block
    const { transactions } = stored !== null ? blockOf(stored.bytes) : (body ?? { transactions: [] })
    const opened = openTransactions(sha256, transactions)
    for (const { id } of opened.ok ? opened.value : []) {
      this.answered.add(id)
      if (promises) this.acknowledged.add(id)
    }
  }

  /** Everything that is stored, read anew. */
  recount(): void {
    for (const host of this.#scene.hosts.values()) {
      if (host.traitor || host.miscounts) continue
      for (const [height, { hash, result }] of host.disk.blocks) {
        const known = this.#blocks.get(height)
        // Written by the step that is under way: it is compared when it has left.
        if (known === undefined) continue
        if (known.hash !== hash) this.#scene.breach('one block per height', `${host.node} has another block ${height}`)
        else if (known.result !== result) {
          this.#scene.breach('one result per height', `${host.node} has another result of ${height}`)
        }
      }
      this.#hasAcknowledged(host)
    }
  }

  /** NW3: votes under a lower token than the block's own table names are void. */
  #counts({ node, state }: Host, { height, votes }: CommitCertificate): void {
    const { entries } = state.chain.tokens
    if (state.chain.tip.height !== height) return
    let counting = 0
    for (const vote of votes) {
      const entry = entries.find(({ cluster }) => cluster === vote.cluster)
      if (entry !== undefined && compareTokens(vote, entry) >= 0) counting += 1
    }
    if (counting < quorum(entries.length)) {
      const what = `${node} executes ${height} on ${counting} of ${entries.length} votes`
      this.#scene.breach('NW3 a certificate has enough votes that count', what)
    }
  }

  #hasAcknowledged(host: Host): void {
    const { tip, transactions } = host.disk
    for (const id of this.acknowledged) {
      const height = this.#heights.get(id)
      if (height === undefined || height > tip || transactions.get(id)?.height === height) continue
      const what = `${host.node} has reached height ${tip} without transaction ${id.slice(0, 8)} of ${height}`
      this.#scene.breach('acknowledged stays in the chain', what)
      return
    }
  }

  #twice(id: Hash, first: Height, second: Height): void {
    const what = `${id.slice(0, 8)} was executed at ${first} and at ${second}`
    this.#scene.breach('a transaction is in the chain once', what)
  }
}

function hasDecision(host: Host, height: Height): boolean {
  if (host.durableTip >= height || host.droppedDecisions.has(height)) return true
  const { entries } = host.disk
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at]!
    if (entry.kind !== 'decided' || certificateIn(entry.body).height !== height) continue
    if (host.hasDurably(entry.index, entry.hash)) return true
  }
  return false
}
