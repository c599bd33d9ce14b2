/**
 * One host: its disk, its process and the driver's loop in virtual time. Inputs that wait are stepped through together; what they stream leaves
 * at once, their writes are committed together, and only then does the rest leave. A crash in between loses the writes, never the streams.
 */
import type { Application } from '@baton/shared/core/ledger/application'
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import type { NodeEvent, NodeInput, NodeSend, NodeStep } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import type { NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import {
  type ClusterId,
  type Hash,
  type Instant,
  type LogIndex,
  type NodeId,
  type SiteId,
  sameToken,
  type Token,
} from '@baton/shared/ids'
import type { NodeWrite } from '@baton/shared/ports/node-store'
import { MemoryDisk, MemoryStore } from '../memory-store.ts'
import { Clock } from './clock.ts'
import { certificateIn } from './decoded.ts'
import type { Schedule } from './schedule.ts'

/** What a master takes for held: checked against the disks when the batch leaves. */
export interface HeldClaim {
  readonly token: Token
  readonly index: LogIndex
  readonly hash: Hash
  /** Where the log of this mastership begins: what is below was held before it. */
  readonly barrier: LogIndex
}

export interface HostPorts {
  readonly schedule: Schedule
  readonly application: () => Application
  /** Time that one commit takes. */
  readonly commitMs: () => number
  readonly perform: (host: Host, send: NodeSend) => void
  readonly held: (host: Host, held: HeldClaim) => void
  readonly stepped: (host: Host, before: NodeState, input: NodeInput, step: NodeStep) => void
  readonly failed: (host: Host, error: unknown) => void
  /** The process gives up: its disk does not do what it must. */
  readonly stopped: (host: Host, why: string) => void
  /** A process begins; `remembered` is the token that the one before had on disk. */
  readonly began: (host: Host, remembered: Token | null) => void
  /** The disk has less than before. */
  readonly diskChanged: (host: Host) => void
}

const BATCH_MAX = 256
const LAZY_COMMIT_MS = 25
const PROMISES_NOTHING: ReadonlySet<NodeWrite['w']> = new Set(['block', 'transaction', 'state', 'bucket', 'compact'])

export class Host {
  readonly node: NodeId
  /** Of this machine alone: two copies of one node have one name, and two places (`twins.ts`). */
  readonly place: string
  readonly cluster: ClusterId
  readonly site: SiteId
  disk = new MemoryDisk()
  store = new MemoryStore(this.disk)
  state: NodeState = undefined as never
  /** Raised by each start and each death: what belongs to an older life is dropped. */
  life = 0
  alive = false
  frozen = false
  session: string | null = null
  readonly clock: Clock
  /** Of a cluster that lies: nothing it holds proves anything about the core. */
  traitor = false
  /** Its process computes wrong results, and says what it computes: what is on its disk is no witness of the chain. */
  miscounts = false
  /** Executes in a way of its own: a node or cluster that computes wrong results. */
  ownApplication: Application | null = null
  /** Commits fail: the next one, or all while it is full. */
  diskFault: 'none' | 'syncFails' | 'full' = 'none'
  /** When the commit that runs, or the last one, is done. */
  commitsUntil = 0
  /** Commits take this many times as long. */
  diskSlowness = 1
  /** ID8: nodes of its cluster whose key is revoked, as it has on its disk: an emptied one is told again. */
  revoked: ReadonlySet<NodeId> = new Set()
  /** Its disk was emptied, and what it had is not all back yet. */
  wiped = false
  /** The life after which an entry of its log became unreadable: the next one finds it. */
  #tornIn = -1
  readonly mempool = new Map<Hash, SignedTransaction>()
  readonly events: { readonly at: Instant; readonly event: NodeEvent }[] = []
  readonly executed = new Map<number, { readonly hash: Hash; readonly result: Hash }>()
  /** Height of the last block that would survive a crash now. */
  durableTip = 0
  /** Heights whose decision was compacted away, and would be in the log again after a crash now. */
  readonly droppedDecisions = new Set<number>()
  /** The token that this host would still have promised after a crash. */
  durableToken: Token | null = null
  /** Log entries from here on are not committed. */
  #uncommittedFrom = Number.POSITIVE_INFINITY
  #inbox: NodeInput[] = []
  #due = false
  #committing = false
  #lazyCommitDue = false
  #afterThaw: (() => void) | null = null
  #claimed: HeldClaim | null = null
  readonly #timers = new Map<string, number>()
  #timerId = 0
  readonly #ports: HostPorts

  constructor(node: NodeId, cluster: ClusterId, site: SiteId, ports: HostPorts, place: string = node) {
    this.node = node
    this.place = place
    this.cluster = cluster
    this.site = site
    this.#ports = ports
    this.clock = new Clock(() => ports.schedule.now)
  }

  get committing(): boolean {
    return this.#committing
  }

  begin(open: (store: MemoryStore) => NodeState): void {
    this.life += 1
    this.alive = true
    this.frozen = false
    this.store = new MemoryStore(this.disk)
    const remembered = this.durableToken
    this.#committed()
    this.state = open(this.store)
    this.#ports.began(this, remembered)
    this.feed({ i: 'start', nonceSeed: `seed-${this.place}-${this.life}` })
    if (this.revoked.size > 0) this.feed({ i: 'revoked', nodes: [...this.revoked] })
  }

  /** The process dies: what was not committed is gone. */
  end(): void {
    this.alive = false
    this.life += 1
    this.#timers.clear()
    this.mempool.clear()
    this.#inbox = []
    this.#due = false
    this.#committing = false
    this.#lazyCommitDue = false
    this.#afterThaw = null
    this.#claimed = null
    this.store.close()
    this.droppedDecisions.clear()
    this.durableTip = this.disk.tip
    this.#uncommittedFrom = Number.POSITIVE_INFINITY
    this.#ports.diskChanged(this)
  }

  /** An operator gives a dead host the chain and state of another: what it has executed wrongly itself is gone. */
  copyState({ disk }: Host): void {
    const { tip } = disk
    Object.assign(this.disk, { tip, resync: { needed: false, why: '' } })
    for (const part of ['blocks', 'transactions', 'state', 'buckets'] as const) {
      const [own, theirs] = [this.disk[part] as Map<unknown, unknown>, disk[part] as Map<unknown, unknown>]
      own.clear()
      for (const [key, value] of theirs) own.set(key, value)
    }
    this.executed.clear()
    this.durableTip = tip
  }

  /** A new, empty disk. */
  wipe(): void {
    this.disk = new MemoryDisk()
    this.executed.clear()
    this.durableTip = 0
    this.durableToken = null
    this.wiped = true
  }

  /** The body of a log entry reads differently from what was written. False when the log has no such entry. */
  damage(index: number): boolean {
    const { entries, base } = this.disk
    const at = index - base.index - 1
    const entry = entries[at]
    if (entry === undefined) return false
    const body = Uint8Array.from(entry.body)
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1
    this.disk.entries = entries.with(at, { ...entry, body })
    this.#tornIn = this.life
    return true
  }

  get remembers(): boolean {
    return !this.wiped && !this.disk.resync.needed && this.life > this.#tornIn
  }

  thaw(): void {
    this.frozen = false
    const paused = this.#afterThaw
    this.#afterThaw = null
    paused?.()
    this.#wake()
  }

  feed(input: NodeInput): void {
    if (!this.alive) return
    this.#inbox.push(input)
    this.#wake()
  }

  /** Whether this entry would survive a crash now. */
  hasDurably(index: LogIndex, hash: Hash): boolean {
    return index < this.#uncommittedFrom && this.has(index, hash)
  }

  /** Whether this entry stands in the log, committed or not; entries below the base were held and are covered by it. */
  has(index: LogIndex, hash: Hash): boolean {
    const { base, entries } = this.disk
    if (index < base.index) return true
    if (index === base.index) return base.hash === hash
    return entries[index - base.index - 1]?.hash === hash
  }

  #wake(): void {
    if (this.#due || this.#committing || this.frozen || this.#inbox.length === 0) return
    this.#due = true
    this.#inLife(0, () => {
      this.#due = false
      if (!this.frozen && !this.#committing) this.#batch()
    })
  }

  #batch(): void {
    const leaving: (() => void)[] = []
    let promises = false
    let derived = false
    for (const input of this.#inbox.splice(0, BATCH_MAX)) {
      const step = this.#step(input)
      if (step === null) return
      const { life } = this
      for (const send of step.stream ?? []) this.#ports.perform(this, send)
      if (this.life !== life) return
      this.#apply(step.write)
      for (const write of step.write) {
        if (PROMISES_NOTHING.has(write.w)) derived = true
        else promises = true
      }
      leaving.push(...this.#leaving(step))
    }
    const leave = () => {
      const { life } = this
      for (const act of leaving) {
        act()
        if (this.life !== life) return
      }
    }
    if (promises) this.#commit(leave)
    else {
      if (derived) this.#commitLazily()
      leave()
      this.#wake()
    }
  }

  #step(input: NodeInput): NodeStep | null {
    const before = this.state
    const { application } = this.#ports
    try {
      const step = nodeStep(before, input, {
        now: this.clock.now(),
        hash: sha256,
        log: this.store,
        chain: this.store,
        application: this.ownApplication ?? application(),
      })
      this.state = step.state
      this.#ports.stepped(this, before, input, step)
      return step
    } catch (error) {
      this.#ports.failed(this, error)
      return null
    }
  }

  /** What one step does after the commit, in its order. */
  #leaving(step: NodeStep): readonly (() => void)[] {
    const acts: (() => void)[] = []
    const held = this.#heldClaim(step)
    if (held !== null) acts.push(() => this.#ports.held(this, held))
    for (const send of step.send) {
      acts.push(send.s === 'self' ? () => this.feed(send.input) : () => this.#ports.perform(this, send))
    }
    for (const { name, after } of step.timers) acts.push(() => this.#setTimer(name, after))
    const at = this.#ports.schedule.now
    for (const event of step.events) this.events.push({ at, event })
    return acts
  }

  /** What this step newly calls held, with the hash that stands there now. */
  #heldClaim({ state: { guard } }: NodeStep): HeldClaim | null {
    if (guard.role.role !== 'leading') return null
    const { held, barrier } = guard.role
    const known = this.#claimed
    if (known !== null && known.index === held && sameToken(known.token, guard.token)) return null
    const { base, entries } = this.disk
    const hash = held === base.index ? base.hash : entries[held - base.index - 1]?.hash
    this.#claimed = hash === undefined ? null : { token: guard.token, index: held, hash, barrier }
    return this.#claimed
  }

  #apply(writes: readonly NodeWrite[]): void {
    for (const write of writes) {
      if (write.w === 'compact') this.#drop(write.base.index)
      if (write.w === 'entry') this.#uncommittedFrom = Math.min(this.#uncommittedFrom, write.entry.index)
      if (write.w === 'truncate') this.#uncommittedFrom = Math.min(this.#uncommittedFrom, write.after + 1)
      if (write.w === 'resetLog') this.#uncommittedFrom = 0
    }
    if (writes.length === 0) return
    this.store.apply(writes)
    if (writes.some(({ w }) => w === 'truncate' || w === 'resetLog' || w === 'compact')) this.#ports.diskChanged(this)
  }

  /** A compaction counts with its commit: until then a crash would bring these back. */
  #drop(upTo: LogIndex): void {
    for (const entry of this.disk.entries) {
      if (entry.index > upTo || entry.index >= this.#uncommittedFrom) return
      if (entry.kind === 'decided') this.droppedDecisions.add(certificateIn(entry.body).height)
    }
  }

  #commit(leave: () => void): void {
    const finish = () => {
      if (this.diskFault !== 'none') {
        this.#commitFails()
        return
      }
      this.#committed()
      this.#uncommittedFrom = Number.POSITIVE_INFINITY
      this.#committing = false
      if (this.frozen) {
        this.#afterThaw = leave
        return
      }
      leave()
      this.#wake()
    }
    const ms = this.#ports.commitMs() * this.diskSlowness
    if (ms === 0) {
      finish()
      return
    }
    this.#committing = true
    this.commitsUntil = this.#ports.schedule.now + ms
    this.#inLife(ms, finish)
  }

  /** Storage is not to be trusted after this: the process stops, and what it wrote last is gone. */
  #commitFails(): void {
    const why = this.diskFault === 'full' ? 'no space left' : 'fsync failed'
    if (this.diskFault === 'syncFails') this.diskFault = 'none'
    this.#ports.stopped(this, why)
  }

  #commitLazily(): void {
    if (this.#lazyCommitDue) return
    this.#lazyCommitDue = true
    this.#inLife(LAZY_COMMIT_MS, () => {
      this.#lazyCommitDue = false
      if (!this.#committing && this.diskFault === 'none') this.#committed()
    })
  }

  #committed(): void {
    this.store.commit()
    this.droppedDecisions.clear()
    this.durableTip = this.disk.tip
    this.durableToken = this.disk.own?.token ?? null
  }

  #setTimer(name: string, after: number | null): void {
    if (after === null) {
      this.#timers.delete(name)
      return
    }
    this.#timerId += 1
    const id = this.#timerId
    this.#timers.set(name, id)
    this.#inLife(this.clock.inTrueMs(after), () => {
      if (this.#timers.get(name) !== id) return
      this.#timers.delete(name)
      this.feed({ i: 'timer', name: name as never })
    })
  }

  #inLife(ms: number, run: () => void): void {
    const { life } = this
    this.#ports.schedule.after(ms, () => {
      if (this.life === life) run()
    })
  }
}
