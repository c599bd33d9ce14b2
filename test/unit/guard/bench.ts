/** A few guards over disks in memory, and the messages between them: delivered, kept back or lost by command. */
import { encodeRecord } from '@baton/shared/codec/record'
import { extend } from '@baton/shared/core/guard/log'
import { guardStep } from '@baton/shared/core/guard/machine'
import type { GuardInput, GuardSend, GuardStep } from '@baton/shared/core/guard/machine-types'
import type { GuardPolicy, GuardState, LeadingRole } from '@baton/shared/core/guard/state'
import type { LogEntry, RequiredSet } from '@baton/shared/core/guard/types'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Hash, Height, Instant, LogIndex, Ms, NodeId, Round, Token, Version } from '@baton/shared/ids'
import { MemoryDisk, MemoryStore } from '../../support/memory-store.ts'

export const A = 'a' as NodeId
export const B = 'b' as NodeId
export const C = 'c' as NodeId
export const D = 'd' as NodeId

export function token(epoch: number): Token {
  return { generation: 0, epoch } as Token
}

export function required(epoch: number, version: number, syncSet: NodeId[], pending: NodeId[] = []): RequiredSet {
  return { token: token(epoch), version: version as Version, syncSet, pending }
}

interface Sent {
  readonly from: NodeId
  readonly send: Extract<GuardSend, { s: 'peer' }>
}

class Place {
  readonly disk = new MemoryDisk()
  store = new MemoryStore(this.disk)
  state: GuardState
  lives = 1
  constructor(policy: GuardPolicy) {
    this.state = openGuard(policy, this.disk, token(0))
  }
}

/** The guard's part of `openNode`. */
function openGuard(policy: GuardPolicy, disk: MemoryDisk, promised: Token): GuardState {
  let ends: Pick<GuardState, 'base' | 'last' | 'spans'> = { base: disk.base, last: disk.base, spans: [] }
  for (const entry of disk.entries) ends = extend(ends, entry)
  return {
    policy,
    token: promised,
    ...ends,
    knownHeld: disk.base.index,
    role: { role: 'following', master: null, attached: false, across: false },
  }
}

export class GuardBench {
  now = 1_000 as Instant
  tip = 0 as Height
  readonly #places = new Map<NodeId, Place>()
  /** Messages on their way, oldest first. */
  readonly wire: Sent[] = []
  /** Outputs besides messages, by node. */
  readonly said = new Map<NodeId, GuardSend[]>()
  /** A message this returns false for is lost. */
  passes: (from: NodeId, to: NodeId, message: Sent['send']['message']) => boolean = () => true

  constructor(nodes: readonly NodeId[] = [A, B, C], policy: Partial<GuardPolicy> = {}) {
    for (const self of nodes) {
      const full: GuardPolicy = {
        self,
        durability: 'preferred',
        syncReplicas: 1,
        suspectAfter: 500 as Ms,
        ...policy,
      }
      this.#places.set(self, new Place(full))
    }
  }

  state(node: NodeId): GuardState {
    return this.place(node).state
  }

  role(node: NodeId): LeadingRole {
    const { role } = this.state(node)
    if (role.role !== 'leading') throw new Error(`${node} is ${role.role}`)
    return role
  }

  place(node: NodeId): Place {
    return this.#places.get(node)!
  }

  /** One step: stream, commit, send. Without `commit` the writes and sends wait for a crash or a later commit. */
  step(node: NodeId, input: GuardInput, commit = true): GuardStep {
    const place = this.place(node)
    const context = { now: this.now, hash: sha256, log: place.store, tip: this.tip }
    const step = guardStep(place.state, input, context)
    place.state = step.state
    for (const send of step.stream ?? []) this.#leave(node, send)
    place.store.apply(step.write)
    if (!commit) return step
    place.store.commit()
    for (const send of step.send) this.#leave(node, send)
    return step
  }

  lead(node: NodeId, epoch: number, syncSet: NodeId[], version = epoch * 10): GuardStep {
    const nonce = `${node}/${epoch}`
    return this.step(node, { i: 'lead', token: token(epoch), syncSet, version: version as Version, nonce })
  }

  follow(node: NodeId, epoch: number, master: NodeId | null, across = false): GuardStep {
    return this.step(node, { i: 'follow', token: token(epoch), master, across })
  }

  /** Appends `count` small records. */
  append(node: NodeId, count = 1, commit = true): void {
    for (let n = 0; n < count; n++) this.step(node, { i: 'append', kind: 'vote', body: this.#vote() }, commit)
  }

  registry(node: NodeId, epoch: number, version: number, syncSet: NodeId[]): GuardStep {
    return this.step(node, { i: 'registry', token: token(epoch), version: version as Version, syncSet })
  }

  /** The process dies with what it has not committed, and starts again. */
  crash(node: NodeId, epoch: number): void {
    const place = this.place(node)
    place.store.close()
    place.store = new MemoryStore(place.disk)
    place.state = openGuard(place.state.policy, place.disk, token(epoch))
    for (let at = this.wire.length - 1; at >= 0; at--) {
      const { from, send } = this.wire[at]!
      if (from === node || send.to === node) this.wire.splice(at, 1)
    }
    for (const peer of this.#places.keys()) {
      if (peer !== node) this.step(peer, { i: 'linkDown', peer: node })
    }
  }

  /** RG2: goes on as master with what is on its disk. */
  resume(node: NodeId): GuardStep {
    const place = this.place(node)
    place.lives += 1
    return this.step(node, { i: 'resume', required: place.disk.required!, nonce: `${node} again ${place.lives}` })
  }

  link(a: NodeId, b: NodeId): void {
    this.step(a, { i: 'linkUp', peer: b })
    this.step(b, { i: 'linkUp', peer: a })
  }

  unlink(a: NodeId, b: NodeId): void {
    this.step(a, { i: 'linkDown', peer: b })
    this.step(b, { i: 'linkDown', peer: a })
  }

  /** Delivers everything, and what comes of it. Fails when it does not end. */
  pump(): void {
    for (let messages = 0; this.wire.length > 0; messages++) {
      if (messages > 10_000) throw new Error('messages without end')
      this.deliver()
    }
  }

  deliver(): void {
    const { from, send } = this.wire.shift()!
    if (this.passes(from, send.to, send.message)) this.step(send.to, { i: 'message', from, message: send.message })
  }

  wait(ms: number): void {
    this.now = (this.now + ms) as Instant
  }

  /** Indexes and hashes of a node's log on disk. */
  log(node: NodeId): readonly { readonly index: LogIndex; readonly hash: Hash }[] {
    return this.place(node).disk.entries.map(({ index, hash }) => ({ index, hash }))
  }

  entry(node: NodeId, index: number): LogEntry | undefined {
    return this.place(node).disk.entries.find((entry) => entry.index === index)
  }

  /** What a node asked or released since the last look. */
  take<S extends GuardSend['s']>(node: NodeId, s: S): readonly Extract<GuardSend, { s: S }>[] {
    const all = this.said.get(node) ?? []
    this.said.set(
      node,
      all.filter((send) => send.s !== s),
    )
    return all.filter((send) => send.s === s) as never
  }

  #leave(from: NodeId, send: GuardSend): void {
    if (send.s === 'peer') this.wire.push({ from, send })
    else this.said.set(from, [...(this.said.get(from) ?? []), send])
  }

  #votes = 0
  #vote(): Uint8Array {
    this.#votes += 1
    const round = this.#votes as Round
    return encodeRecord({ kind: 'vote', height: 1 as Height, round, type: 'prevote', block: null })
  }
}

/** A leads at epoch 1 with B as standby; all that follow are attached. */
export function led(bench = new GuardBench(), syncSet: NodeId[] = [A, B], followers: NodeId[] = [B, C]): GuardBench {
  bench.lead(A, 1, syncSet)
  for (const node of followers) bench.follow(node, 1, A)
  bench.pump()
  return bench
}
