/**
 * A cluster of election machines with links, an honest guard and the real registry, in virtual time. What every schedule
 * must keep is checked as it runs: invariants of every step (by the machine), one master per token and held records
 * never lost (by the guard).
 */
import { assert } from '@baton/shared/assert'
import { electionStep, initialElection } from '@baton/shared/core/election/machine'
import type { ElectionEvent, ElectionInput, ElectionSend } from '@baton/shared/core/election/types'
import type { FoundedRegistry } from '@baton/shared/core/registry/types'
import type { Claim, Resignation } from '@baton/shared/crypto/statement-types'
import { TIMING_PRESETS } from '@baton/shared/genesis'
import { formatToken, type Jws, type NodeId, sameToken } from '@baton/shared/ids'
import { EDGE_MS, Edge } from './edge.ts'
import { HonestGuard } from './honest-guard.ts'
import { configOf, type Host, logStatus, newHost, type Process } from './host.ts'
import { VirtualTime } from './virtual-time.ts'

const LAN = TIMING_PRESETS.lan
const PEER_MS = 0.5
const PROBE_MS = 1
const RECONNECT_MS = 100
/** When a driver takes a silent link for dead. */
const LINK_DEAD_MS = 1_500

export const A = 'a' as NodeId
export const B = 'b' as NodeId
export const C = 'c' as NodeId

export interface Seen {
  readonly at: number
  readonly node: NodeId
  readonly event: ElectionEvent
}

export class World {
  readonly time = new VirtualTime()
  readonly hosts = new Map<NodeId, Host>()
  readonly edge: Edge
  readonly guard: HonestGuard
  readonly seen: Seen[] = []
  readonly claims: { readonly at: number; readonly claim: Claim }[] = []
  readonly #resignations = new Map<string, Resignation>()
  readonly #connected = new Set<string>()
  readonly #cut = new Set<string>()
  readonly #workMs: number

  /** The first node is the founder. `workMs`: how often a master appends a record. */
  constructor(nodes: readonly NodeId[] = [A, B, C], workMs = 10) {
    this.#workMs = workMs
    for (const node of nodes) this.hosts.set(node, newHost(node))
    const { time, hosts } = this
    this.edge = new Edge(
      {
        time,
        hosts,
        deliver: (node, ms, input) => this.#deliver(node, ms, input),
        reshaped: (host, leading, view) => this.guard.reshaped(host, leading, view),
      },
      nodes[0]!,
    )
    this.guard = new HonestGuard({
      time,
      hosts,
      linked: (a, b) => this.#linked(a, b),
      atPeer: (node, run) => this.#later(node, PEER_MS, run),
      reshape: (host, leading, syncSet) => this.edge.reshape(host, leading, syncSet),
    })
    this.#reconnect()
  }

  // --- what a test does -------------------------------------------------------------------------------------

  host(node: NodeId): Host {
    const host = this.hosts.get(node)
    assert(host !== undefined, `no host ${node}`)
    return host
  }

  /** Starts a process over the disk of its host; the guard decides whether it may go on as master (RG2). */
  start(node: NodeId): void {
    const host = this.host(node)
    if (host.process !== null) return
    host.incarnations += 1
    const { own, required } = host.disk
    host.process = {
      incarnation: host.incarnations,
      state: initialElection(configOf(host)),
      timers: new Map(),
      leading: null,
      session: null,
    }
    const mine = own !== null && own.node === node && required !== null && sameToken(required.token, own.token)
    const nonceSeed = `${node}#${host.incarnations}`
    this.#run(host, { i: 'started', own, resume: mine && host.logComplete, nonceSeed, log: logStatus(host) })
    this.#work(host, host.incarnations)
  }

  startAll(): void {
    for (const node of this.hosts.keys()) this.start(node)
  }

  /** SIGKILL: sockets close within milliseconds, reconnects are refused. */
  kill(node: NodeId): void {
    const host = this.host(node)
    const { process } = host
    if (process === null) return
    for (const cancel of process.timers.values()) cancel()
    host.process = null
    host.frozen = false
    host.waiting.length = 0
    for (const peer of this.hosts.keys()) {
      if (!this.#connected.delete(pair(node, peer)) || this.#cut.has(pair(node, peer))) continue
      this.#deliver(peer, 1, { i: 'linkDown', peer: node })
    }
    if (process.session !== null && !this.edge.isCut(node)) this.edge.closeSession(node, process.session, EDGE_MS)
  }

  /** SIGSTOP: sockets stay, nothing runs. */
  freeze(node: NodeId): void {
    if (this.host(node).process !== null) this.host(node).frozen = true
  }

  thaw(node: NodeId): void {
    const host = this.host(node)
    if (!host.frozen) return
    host.frozen = false
    const waiting = host.waiting.splice(0)
    for (const { run } of [...waiting.filter((w) => w.timer), ...waiting.filter((w) => !w.timer)]) run()
  }

  /** Packets between two nodes are dropped; their link is taken for dead later. */
  cut(a: NodeId, b: NodeId): void {
    this.#cut.add(pair(a, b))
    this.time.after(LINK_DEAD_MS, () => {
      if (!this.#cut.has(pair(a, b)) || !this.#connected.delete(pair(a, b))) return
      this.#deliver(a, 0, { i: 'linkDown', peer: b })
      this.#deliver(b, 0, { i: 'linkDown', peer: a })
    })
  }

  heal(a: NodeId, b: NodeId): void {
    this.#cut.delete(pair(a, b))
  }

  cutEdge(node: NodeId): void {
    this.edge.cut(node)
    const session = this.host(node).process?.session ?? null
    this.time.after(LINK_DEAD_MS, () => {
      const { process } = this.host(node)
      if (process === null || process.session !== session || session === null || !this.edge.isCut(node)) return
      process.session = null
      this.#deliver(node, 0, { i: 'authorityDown' })
      this.edge.closeSession(node, session, 0)
    })
  }

  healEdge(node: NodeId): void {
    this.edge.heal(node)
  }

  stopAuthority(): void {
    this.edge.stop()
  }

  startAuthority(): void {
    this.edge.start()
  }

  input(node: NodeId, input: ElectionInput): void {
    this.#run(this.host(node), input)
  }

  advance(ms: number): void {
    this.time.advance(ms)
  }

  until(done: () => boolean, limitMs: number): void {
    if (!this.time.advanceUntil(done, limitMs)) throw new Error(`not within ${limitMs} ms: ${this.describe()}`)
  }

  /** The founder is master, `standby` is in the sync set, everybody is linked. */
  settle(standby: NodeId | null = B): void {
    this.startAll()
    const ready = () => standby === null || this.registry().syncSet.includes(standby)
    this.until(() => this.masters().length === 1 && ready(), 10_000)
    this.advance(1_500)
  }

  // --- what a test sees -------------------------------------------------------------------------------------

  held(): number {
    return this.guard.held()
  }

  registry(): FoundedRegistry {
    return this.edge.registry()
  }

  role(node: NodeId): string {
    return this.host(node).process?.state.role.r ?? 'down'
  }

  /** Of the token on disk. */
  epoch(node: NodeId): number {
    return this.host(node).disk.own?.token.epoch ?? 0
  }

  masters(): NodeId[] {
    return [...this.hosts.keys()].filter((node) => this.role(node) === 'master')
  }

  describe(): string {
    const roles = [...this.hosts.keys()].map((node) => `${node}=${this.role(node)}@${this.epoch(node)}`)
    const { master, epoch, syncSet } = this.registry()
    return `${roles.join(' ')} registry ${master}@${epoch} [${syncSet}] held ${this.held()} at ${this.time.now}`
  }

  // --- the process ------------------------------------------------------------------------------------------

  #deliver(node: NodeId, ms: number, input: ElectionInput): void {
    this.#later(node, ms, () => this.#run(this.host(node), input))
  }

  /** A frozen process does it when it wakes, timers first, as an event loop does; a dead or restarted one never. */
  #later(node: NodeId, ms: number, run: () => void, timer = false): () => void {
    const host = this.host(node)
    const incarnation = host.process?.incarnation
    let cancelled = false
    const unlessGone = () => {
      if (!cancelled && incarnation !== undefined && host.process?.incarnation === incarnation) run()
    }
    this.time.after(ms, () => {
      if (host.frozen) host.waiting.push({ timer, run: unlessGone })
      else unlessGone()
    })
    return () => {
      cancelled = true
    }
  }

  #run(host: Host, input: ElectionInput): void {
    const { process } = host
    if (process === null) return
    if (input.i !== 'started') this.#apply(host, process, { i: 'logStatus', log: logStatus(host) })
    this.#apply(host, process, input)
  }

  #apply(host: Host, process: Process, input: ElectionInput): void {
    const step = electionStep(process.state, input, { now: this.time.now })
    process.state = step.state
    for (const write of step.write) host.disk.own = write.own
    for (const event of step.events) this.seen.push({ at: this.time.now, node: host.node, event })
    for (const { name, after } of step.timers) {
      process.timers.get(name)?.()
      process.timers.delete(name)
      if (after === null) continue
      const fire = () => this.#run(host, { i: 'timer', name })
      process.timers.set(name, this.#later(host.node, after, fire, true))
    }
    for (const send of step.send) this.#route(host, process, send)
  }

  #work(host: Host, incarnation: number): void {
    if (host.process?.incarnation !== incarnation) return
    this.#later(host.node, this.#workMs, () => this.#work(host, incarnation), true)
    if (host.process.leading !== null) this.guard.work(host, host.process.leading)
  }

  #route(host: Host, process: Process, send: ElectionSend): void {
    const { node } = host
    switch (send.s) {
      case 'peer':
        this.#message(node, send.peer, send.message)
        return
      case 'report': {
        const { t: _, ...report } = send.message
        this.edge.report(host, report)
        return
      }
      case 'claim':
        this.claims.push({ at: this.time.now, claim: send.claim })
        this.#claim(node, send.request, send.claim)
        return
      case 'confirm':
        this.edge.confirm(node, send.message.request, send.message.token)
        return
      case 'probe':
        this.#probe(node, send.peer)
        return
      case 'becomeMaster': {
        const { mastership, version, syncSet } = send.grant
        this.guard.becomeMaster(host, process, { token: mastership, version, syncSet, pending: [] })
        return
      }
      case 'resumeMaster':
        this.guard.resume(host, process, host.disk.required!)
        return
      case 'stepDown':
        process.leading = null
        return
      case 'sealGuard':
        if (process.leading !== null) process.leading.sealed = true
        this.#deliver(node, 0, { i: 'sealed', token: send.token })
        return
      case 'signResignation': {
        const { resignation } = send
        const jws = `resignation:${formatToken(resignation)}:${resignation.to}` as Jws
        this.#resignations.set(jws, resignation)
        this.#deliver(node, 0, { i: 'resignationSigned', token: resignation, resignation: jws })
        return
      }
    }
  }

  // --- links ------------------------------------------------------------------------------------------------

  #linked(a: NodeId, b: NodeId): boolean {
    return this.#connected.has(pair(a, b)) && !this.#cut.has(pair(a, b))
  }

  #reconnect(): void {
    this.time.after(RECONNECT_MS, () => this.#reconnect())
    const awake = [...this.hosts.values()].filter((host) => host.process !== null && !host.frozen)
    for (const a of awake) {
      if (a.process?.session === null) this.edge.openSession(a)
      for (const b of awake) {
        const link = pair(a.node, b.node)
        if (a.node >= b.node || this.#connected.has(link) || this.#cut.has(link)) continue
        this.#connected.add(link)
        this.#greet(a, b)
        this.#greet(b, a)
      }
    }
  }

  /** The hello of a link carries the highest credential its sender knows (NW2). */
  #greet(self: Host, peer: Host): void {
    this.#run(self, { i: 'linkUp', peer: peer.node })
    const grant = peer.process?.state.grant
    if (grant) this.#deliver(self.node, PEER_MS, { i: 'grantSeen', ...grant })
  }

  #message(from: NodeId, to: NodeId, message: Extract<ElectionSend, { s: 'peer' }>['message']): void {
    if (!this.#linked(from, to)) return
    switch (message.t) {
      case 'heartbeat':
        this.#deliver(to, PEER_MS, { i: 'heartbeat', from, message })
        return
      case 'preVote':
        this.#deliver(to, PEER_MS, { i: 'preVote', from, message })
        return
      case 'preVoteAnswer':
        this.#deliver(to, PEER_MS, { i: 'preVoteAnswer', from, message })
        return
      case 'handover': {
        const { resignation, token } = message
        const { to: heir } = this.#resignations.get(resignation)!
        this.#deliver(to, PEER_MS, { i: 'handover', from, token, to: heir, resignation })
        return
      }
      case 'inform':
        for (const { grant } of message.credentials) {
          this.#deliver(to, PEER_MS, { i: 'grantSeen', ...this.edge.grantOf(grant) })
        }
        return
    }
  }

  #probe(from: NodeId, peer: NodeId): void {
    const result = this.#cut.has(pair(from, peer)) ? 'timeout' : this.host(peer).process === null ? 'refused' : 'open'
    this.#deliver(from, result === 'timeout' ? LAN.heartbeatMs : PROBE_MS, { i: 'probeResult', peer, result })
  }

  /** By its own way to the edge, else relayed by a linked peer that has one. */
  #claim(node: NodeId, request: number, claim: Claim): void {
    const relays = [...this.hosts.keys()].filter((peer) => this.#linked(node, peer) && !this.host(peer).frozen)
    if (![node, ...relays].some((hop) => this.edge.reaches(hop))) {
      const outcome = { ok: false, code: 'UNREACHABLE', why: 'no route', retryAfterMs: null, state: null } as const
      this.#deliver(node, LAN.heartbeatMs, { i: 'claimReply', request, outcome })
      return
    }
    const { evidence } = claim
    const resignation = evidence.kind === 'resigned' ? (this.#resignations.get(evidence.resignation) ?? null) : null
    this.edge.claim(node, request, claim, resignation)
  }
}

function pair(a: NodeId, b: NodeId): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`
}
