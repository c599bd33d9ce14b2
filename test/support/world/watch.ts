/**
 * Watches everything that leaves a host and everything that is granted, and says what breaks a promise (TESTING: "What must
 * hold"). It knows the disks and the registries, and believes no node's word.
 */
import { decodeBlock } from '@baton/shared/codec/block'
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { decodeRecord } from '@baton/shared/codec/record'
import type { LogRecord } from '@baton/shared/core/guard/records'
import type { LogEntry } from '@baton/shared/core/guard/types'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import type { NodeInput, NodeSend, NodeStep, UnsignedAct } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import {
  type ClusterId,
  compareTokens,
  formatToken,
  type Hash,
  type Height,
  type NodeId,
  type Token,
} from '@baton/shared/ids'
import type { EpochAck, PeerMessage } from '@baton/shared/protocol/peer'
import type { WorldAuthority } from './authority.ts'
import type { HeldClaim, Host } from './host.ts'
import { openCredential } from './statements.ts'

export interface WatchPorts {
  readonly now: () => number
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
}

export class Watch {
  /** What broke, in order, as `time: sentence`. Empty when all is well. */
  readonly breaches: string[] = []
  /** Transactions whose block was held by the cluster that was asked. */
  readonly acknowledgedIds = new Set<Hash>()
  /** Acts signed so far. */
  signatures = 0
  readonly #ports: WatchPorts
  /** cluster, height, round and type → what was signed, of proposals and votes. */
  readonly #acts = new Map<string, string>()
  readonly #chain = new Map<number, { readonly hash: Hash; readonly result: Hash; readonly node: NodeId }>()
  /** The highest position of each cluster that some master called held. */
  readonly #held = new Map<ClusterId, HeldClaim>()
  /** Hash of a log entry → the block whose body it is. */
  readonly #bodies = new Map<Hash, Hash>()
  /** Hash of a log entry → the height that it decides. */
  readonly #decisions = new Map<Hash, Height>()
  /** cluster and token → the node that led under it. */
  readonly #leaders = new Map<string, NodeId>()

  constructor(ports: WatchPorts) {
    this.#ports = ports
  }

  stepped(host: Host, before: NodeState, input: NodeInput, { state, send }: NodeStep): void {
    const own = state.election.own?.token
    const promised = before.election.own?.token
    if (input.i !== 'start' && promised !== undefined && (own === undefined || compareTokens(own, promised) < 0)) {
      this.#breach(`EL5: ${host.node} has forgotten token ${formatToken(promised)}`)
    }
    const { guard } = state
    if (guard.role.role === 'leading' && before.guard.role.role !== 'leading') this.#leads(host, guard.token)
    for (const act of send) {
      if (act.s === 'sign' && own !== undefined && compareTokens(own, act.token) > 0) {
        this.#breach(`EL5: ${host.node} signs under ${formatToken(act.token)} and has promised ${formatToken(own)}`)
      }
    }
  }

  /** EL5: what is said under a token is said by a node that has it on disk. The stream promises nothing about this disk. */
  answers(host: Host, message: PeerMessage): void {
    if (message.t === 'epochAck') {
      this.#acknowledges(host, message)
      return
    }
    if (!('token' in message) || message.t === 'append' || message.token.epoch === 0) return
    if (host.durableToken === null || compareTokens(message.token, host.durableToken) > 0) {
      this.#breach(`EL5: ${host.node} says ${message.t} under ${formatToken(message.token)}, which is not on its disk`)
    }
  }

  /** GU1: on stable storage of this host and of every node that could be granted the next epoch. */
  held(host: Host, claim: HeldClaim): void {
    if (this.#isVoid(host.cluster, claim.token)) return
    const missing = this.#withoutEntry(host, claim)
    if (missing.length > 0) {
      this.#breach(`GU1: ${host.node} calls ${claim.index} held, which is not on the disk of ${missing.join(', ')}`)
    }
    const known = this.#held.get(host.cluster)
    const replaced = known !== undefined && this.#isVoid(host.cluster, known.token)
    if (known === undefined || replaced || claim.index >= known.index) this.#held.set(host.cluster, claim)
  }

  /** GU2: its record is held; NW3: no second, different act. */
  signed(host: Host, token: Token, unsigned: UnsignedAct): void {
    this.signatures += 1
    const entry = entryOf(host, token, unsigned)
    const what = describe(unsigned)
    if (entry !== null) {
      const missing = this.#isVoid(host.cluster, token) ? [] : this.#withoutEntry(host, entry)
      if (missing.length > 0) this.#breach(`GU2: ${host.node} signs ${what}, not on the disk of ${missing.join(', ')}`)
      if (!this.#hasBody(host, entry, unsigned)) this.#breach(`GU7: ${host.node} signs ${what} before it has the body`)
    } else if (heightOf(unsigned) > host.state.chain.tip.height) {
      // That of an executed height may be compacted away.
      this.#breach(`GU2: ${host.node} signs ${what} without a record of it`)
    }
    const { place, value } = placeOf(unsigned)
    const first = this.#acts.get(place)
    if (first === undefined) this.#acts.set(place, value)
    else if (first !== value) this.#breach(`conflicting acts: ${place} as ${first} and ${value}`)
  }

  /** One block and one result per height, and no transaction twice. */
  executed(host: Host, { block, result, receipts }: Extract<NodeSend, { s: 'executed' }>): void {
    const { height } = block.header
    host.executed.set(height, { hash: block.hash, result })
    const known = this.#chain.get(height)
    if (known === undefined) {
      this.#chain.set(height, { hash: block.hash, result, node: host.node })
      for (const { id } of receipts) {
        const at = host.store.transaction(id)?.height
        if (at !== height) this.#breach(`transaction ${id.slice(0, 8)} of height ${height} stands at ${at}`)
      }
    } else if (known.hash !== block.hash) this.#breach(`fork at ${height}: ${known.node} and ${host.node}`)
    else if (known.result !== result) this.#breach(`results differ at ${height}: ${known.node} and ${host.node}`)
  }

  /** GU2: the decision is on the disk of every node that could be granted the next epoch, in its log or in its chain. */
  acknowledged(host: Host, height: Height): void {
    if (this.#isVoid(host.cluster, host.state.guard.token)) return
    const missing = this.#electableWith(host).filter((node) => !this.#hasDecision(this.#ports.hosts.get(node)!, height))
    if (missing.length > 0) {
      this.#breach(`GU2: ${host.node} acknowledges height ${height}, not on the disk of ${missing.join(', ')}`)
    }
    const stored = host.store.block(height)
    const block = stored === null ? null : decodeBlock(sha256, stored.bytes)
    const decided = host.state.decided.get(height)
    const body = decided === undefined ? null : host.state.bodies.get(decided.certificate.block)?.block
    const bytes = block?.ok ? block.value.transactions : (body?.transactions ?? [])
    const opened = openTransactions(sha256, bytes)
    if (opened.ok) for (const { id } of opened.value) this.acknowledgedIds.add(id)
  }

  failed(host: Host, error: unknown): void {
    const why =
      error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error)
    this.#breach(`${host.node} stops: ${why}`)
  }

  /** Every held record is on every node that the registry may grant (RG2), unless its disk was taken away. */
  checkDisks(): void {
    for (const [cluster, claim] of this.#held) {
      const { registry } = this.#ports.authorities.get(cluster)!.state
      if (registry.status !== 'founded' || this.#isVoid(cluster, claim.token)) continue
      for (const node of registry.syncSet) {
        const host = this.#ports.hosts.get(node)!
        if (host.hasDurably(claim.index, claim.hash)) host.wiped = false
        else if (!host.wiped) this.#breach(`RG4: ${node} may be granted and lacks the held index ${claim.index}`)
      }
    }
  }

  /** GU7: the block of a proposal or of a non-nil vote stands in the log before it, or was executed. */
  #hasBody(host: Host, { index }: LogEntry, unsigned: UnsignedAct): boolean {
    const block = unsigned.act === 'vote' ? unsigned.vote.block : unsigned.proposal.block
    if (block === null || heightOf(unsigned) <= host.state.chain.tip.height) return true
    return host.disk.entries.some((entry) => {
      if (entry.kind !== 'body' || entry.index >= index) return false
      const known = this.#bodies.get(entry.hash)
      if (known !== undefined) return known === block
      const decoded = decodeBlock(sha256, entry.body)
      if (decoded.ok) this.#bodies.set(entry.hash, decoded.value.hash)
      return decoded.ok && decoded.value.hash === block
    })
  }

  /** RC1: what is acknowledged is a record on the disk of every node that could be granted the next epoch. */
  #acknowledges(host: Host, { cluster, token }: EpochAck): void {
    const missing = this.#electableWith(host).filter(
      (node) => !this.#hasToken(this.#ports.hosts.get(node)!, cluster, token),
    )
    if (missing.length > 0) {
      this.#breach(`RC1: ${host.node} acknowledges ${formatToken(token)} of ${cluster}, not on the disk of ${missing}`)
    }
  }

  #hasToken(host: Host, cluster: ClusterId, token: Token): boolean {
    // Where the log has been compacted the record may be gone: what it said stands beside the log.
    const known = host.disk.masterships.get(cluster)
    if (host.disk.base.index > 0) return known !== undefined && compareTokens(known, token) >= 0
    return host.disk.entries.some((entry) => {
      if (entry.kind !== 'token' || !host.hasDurably(entry.index, entry.hash)) return false
      const record = decodeRecord(entry.kind, entry.body)
      const grant = record.ok && record.value.kind === 'token' ? openCredential(record.value.credential) : null
      return grant?.mastership.cluster === cluster && compareTokens(grant.mastership, token) === 0
    })
  }

  /**
   * RG6: a recovering grant says that what was held before is lost to the cluster. Its old master, if it still runs, may call things held
   * that no successor has; what must not be, and is checked all the same, is that both sign.
   */
  #isVoid(cluster: ClusterId, token: Token): boolean {
    const { grants } = this.#ports.authorities.get(cluster)!
    return grants.some((grant) => grant.recovering && compareTokens(token, grant) < 0)
  }

  #leads(host: Host, token: Token): void {
    const key = `${host.cluster} ${formatToken(token)}`
    const other = this.#leaders.get(key)
    if (other !== undefined && other !== host.node) this.#breach(`RG1: ${other} and ${host.node} lead ${key}`)
    this.#leaders.set(key, host.node)
  }

  #withoutEntry(host: Host, { index, hash }: Pick<LogEntry, 'index' | 'hash'>): readonly NodeId[] {
    return this.#electableWith(host).filter((node) => !this.#ports.hosts.get(node)!.hasDurably(index, hash))
  }

  #hasDecision(host: Host, height: Height): boolean {
    if (host.durableTip >= height) return true
    return host.disk.entries.some((entry) => {
      if (entry.kind !== 'decided' || !host.hasDurably(entry.index, entry.hash)) return false
      const known = this.#decisions.get(entry.hash)
      if (known !== undefined) return known === height
      const decoded = decodeCertificate(entry.body)
      if (decoded.ok) this.#decisions.set(entry.hash, decoded.value.height)
      return decoded.ok && decoded.value.height === height
    })
  }

  /** The host and every node of its cluster that the registry would grant, but those whose disk was taken away. */
  #electableWith(host: Host): readonly NodeId[] {
    const { registry } = this.#ports.authorities.get(host.cluster)!.state
    const electable = registry.status === 'founded' ? registry.syncSet : []
    return [...new Set([host.node, ...electable])].filter((node) => !this.#ports.hosts.get(node)!.wiped)
  }

  #breach(sentence: string): void {
    this.breaches.push(`${this.#ports.now().toFixed(1)}: ${sentence}`)
  }
}

/** The record of this act in the log of this host, newest first. */
function entryOf(host: Host, token: Token, unsigned: UnsignedAct): LogEntry | null {
  for (const entry of host.disk.entries.toReversed()) {
    if (compareTokens(entry.token, token) < 0) break
    if (entry.kind !== unsigned.act) continue
    const record = decodeRecord(entry.kind, entry.body)
    if (record.ok && isRecordOf(record.value, unsigned)) return entry
  }
  return null
}

function isRecordOf(record: LogRecord, unsigned: UnsignedAct): boolean {
  if (unsigned.act === 'vote') {
    const { height, round, type, block } = unsigned.vote
    return (
      record.kind === 'vote' &&
      record.height === height &&
      record.round === round &&
      record.type === type &&
      record.block === block
    )
  }
  const { height, round, validRound, block } = unsigned.proposal
  return (
    record.kind === 'proposal' &&
    record.height === height &&
    record.round === round &&
    record.validRound === validRound &&
    record.block === block
  )
}

function placeOf(unsigned: UnsignedAct): { readonly place: string; readonly value: string } {
  if (unsigned.act === 'vote') {
    const { cluster, height, round, type, block } = unsigned.vote
    return { place: `${cluster} ${height}/${round} ${type}`, value: String(block) }
  }
  const { cluster, height, round, validRound, block } = unsigned.proposal
  return { place: `${cluster} ${height}/${round} proposal`, value: `${block} from ${validRound}` }
}

function heightOf(unsigned: UnsignedAct): Height {
  return unsigned.act === 'vote' ? unsigned.vote.height : unsigned.proposal.height
}

function describe(unsigned: UnsignedAct): string {
  return placeOf(unsigned).place
}
