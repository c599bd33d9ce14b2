/**
 * An honest guard, much simplified: a record counts as held when the whole required set has it, a follower that promised a
 * higher token acknowledges nothing, the sync set changes through the registry only. It checks what must never happen.
 */
import { assert } from '@baton/shared/assert'
import { TIMING_PRESETS } from '@baton/shared/genesis'
import { compareTokens, formatToken, type NodeId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { type Entry, entryAt, type Host, type Leading, type Process, type Required } from './host.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface GuardNet {
  readonly time: VirtualTime
  readonly hosts: ReadonlyMap<NodeId, Host>
  linked(a: NodeId, b: NodeId): boolean
  /** Runs at `node` after a peer's latency, unless its process is gone by then; a frozen one does it when it wakes. */
  atPeer(node: NodeId, run: () => void): void
  reshape(host: Host, leading: Leading, syncSet: readonly NodeId[]): void
}

const { suspectAfterMs } = TIMING_PRESETS.lan

export class HonestGuard {
  readonly #net: GuardNet
  /** The last entry that a master has counted as held. */
  #held: Entry | null = null
  #records = 0
  readonly #masters = new Map<string, NodeId>()

  constructor(net: GuardNet) {
    this.#net = net
  }

  /** How many records have been held. */
  held(): number {
    return this.#held?.index ?? 0
  }

  /** A grant makes a master: it must have whatever was held. */
  becomeMaster(host: Host, process: Process, required: Required): void {
    const has = entryAt(host.disk.log, this.held()) === this.#held
    assert(has, `${host.node} became master at ${formatToken(required.token)} without a held record`)
    this.resume(host, process, required)
  }

  /** RG2: goes on with the required set on disk. Others may have gone further meanwhile: then it holds nothing. */
  resume(host: Host, process: Process, required: Required): void {
    const token = { generation: required.token.generation, epoch: required.token.epoch }
    const known = this.#masters.get(formatToken(token))
    assert(known === undefined || known === host.node, `two masters at ${formatToken(token)}: ${known}, ${host.node}`)
    this.#masters.set(formatToken(token), host.node)
    host.disk.required = { ...required, token }
    const acknowledged = new Map()
    const ackedAt = new Map()
    process.leading = { token, required: host.disk.required, acknowledged, ackedAt, unheldSince: null, sealed: false }
  }

  /** A master appends a record when the last one is held, and sends its log to whoever is linked. */
  work(host: Host, leading: Leading): void {
    if (leading.sealed) return
    const { index } = host.disk.log ?? { index: 0 }
    const pending = index > this.held()
    if (!pending) {
      this.#records += 1
      const record = `${formatToken(leading.token)}/${this.#records}`
      host.disk.log = { index: index + 1, record, previous: host.disk.log }
    }
    const { log } = host.disk
    for (const peer of this.#net.hosts.values()) {
      if (peer === host || !this.#net.linked(peer.node, host.node)) continue
      this.#net.atPeer(peer.node, () => this.#append(host, leading, peer, log))
    }
    this.#hold(host, leading)
    if (leading.unheldSince === null && pending) leading.unheldSince = this.#net.time.now
    this.#considerReshape(host, leading)
  }

  /** The registry at a later version: pending additions are decided by it. */
  reshaped(host: Host, leading: Leading, view: RegistryView): void {
    if (host.process?.leading !== leading || view.epoch !== leading.token.epoch) return
    if (view.version <= leading.required.version) return
    leading.required = { token: leading.token, version: view.version, syncSet: view.syncSet, pending: [] }
    host.disk.required = leading.required
  }

  #append(master: Host, leading: Leading, follower: Host, log: Entry | null): void {
    const own = follower.disk.own
    if (own === null || compareTokens(own.token, leading.token) !== 0) return
    const length = log?.index ?? 0
    if (length < (follower.disk.log?.index ?? 0) && entryAt(follower.disk.log, length) === log) return
    follower.disk.log = log
    if (!this.#net.linked(master.node, follower.node)) return
    this.#net.atPeer(master.node, () => {
      if (master.process?.leading !== leading) return
      leading.acknowledged.set(follower.node, length)
      leading.ackedAt.set(follower.node, this.#net.time.now)
      this.#hold(master, leading)
    })
  }

  #hold(host: Host, leading: Leading): void {
    const { syncSet, pending } = leading.required
    const others = [...syncSet, ...pending].filter((node) => node !== host.node)
    const length = host.disk.log?.index ?? 0
    const upTo = Math.min(length, ...others.map((node) => leading.acknowledged.get(node) ?? 0))
    if (upTo <= this.held() || leading.sealed) return
    assert(entryAt(host.disk.log, this.held()) === this.#held, `a held record was contradicted by ${host.node}`)
    this.#held = entryAt(host.disk.log, upTo)
    leading.unheldSince = null
  }

  /** RG4, RG5 `preferred`: removes who does not answer, adds who has the whole log. */
  #considerReshape(host: Host, leading: Leading): void {
    const { required } = leading
    const { now } = this.#net.time
    const silent = (node: NodeId) => now - (leading.ackedAt.get(node) ?? 0) > suspectAfterMs
    const others = required.syncSet.filter((node) => node !== host.node)
    const stuck = leading.unheldSince !== null && now - leading.unheldSince > suspectAfterMs
    if (stuck && others.some(silent)) {
      this.#net.reshape(host, leading, [host.node, ...others.filter((node) => !silent(node))])
      return
    }
    if (required.pending.length > 0) this.#net.reshape(host, leading, [...required.syncSet, ...required.pending])
    if (others.length > 0 || required.pending.length > 0) return
    const length = host.disk.log?.index ?? 0
    const whole = (node: NodeId) => (leading.acknowledged.get(node) ?? 0) >= length - 2
    const ready = [...this.#net.hosts.keys()].find((node) => node !== host.node && !silent(node) && whole(node))
    if (ready === undefined) return
    // Written before the request: from here nothing counts without it.
    leading.required = { ...required, pending: [ready] }
    host.disk.required = leading.required
    this.#net.reshape(host, leading, [...required.syncSet, ready])
  }
}
