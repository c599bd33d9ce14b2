/**
 * A cluster of election machines with a simple honest guard, links and the real registry, in virtual time. What every
 * schedule must keep is checked as it runs: one master per token, held records never lost, invariants of every step.
 */
import { assert } from '@baton/shared/assert'
import { electionStep, initialElection } from '@baton/shared/core/election/machine'
import type {
  ElectionConfig,
  ElectionEvent,
  ElectionInput,
  ElectionSend,
  KnownGrant,
} from '@baton/shared/core/election/types'
import { step as registryStep } from '@baton/shared/core/registry/machine'
import type { RegistryInput, RegistrySend } from '@baton/shared/core/registry/messages'
import { type FoundedRegistry, type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import { viewOf } from '@baton/shared/core/registry/view'
import type { Claim, Resignation } from '@baton/shared/crypto/statement-types'
import { TIMING_PRESETS } from '@baton/shared/genesis'
import {
  type ClusterId,
  compareTokens,
  formatToken,
  type Jws,
  type LogIndex,
  type Ms,
  type NetworkId,
  type NodeId,
  type PublicKey,
  type SiteId,
  sameToken,
  type UnixMs,
} from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { type Entry, entryAt, type Grants, type Host, type Leading, type Process, type Required } from './host.ts'
import { VirtualTime } from './virtual-time.ts'

const NETWORK = 'testnet' as NetworkId
const CLUSTER = 'c1' as ClusterId
const LAN = TIMING_PRESETS.lan
const PEER_MS = 0.5
const EDGE_MS = 3
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
  readonly seen: Seen[] = []
  /** The last entry that a master has counted as held. */
  #held: Entry | null = null
  readonly claims: { readonly at: number; readonly claim: Claim }[] = []
  readonly #grants: Grants = new Map()
  readonly #resignations = new Map<string, Resignation>()
  readonly #masters = new Map<string, NodeId>()
  readonly #connected = new Set<string>()
  readonly #cut = new Set<string>()
  readonly #edgeCut = new Set<NodeId>()
  #authority: RegistryState | null
  #disk: RegistryState['registry']
  readonly #workMs: number
  #sessions = 0
  #records = 0

  constructor(nodes: readonly NodeId[] = [A, B, C], { workMs }: { readonly workMs: number } = { workMs: 10 }) {
    this.#workMs = workMs
    const policy = { ...LAN, startupGraceMs: 2 * LAN.masterTtlMs, durability: 'preferred', syncReplicas: 1 } as const
    const start = startAuthority({ status: 'absent' }, this.time.now)
    this.#authority = start
    this.#disk = start.registry
    this.#registry({ i: 'create', network: NETWORK, cluster: CLUSTER, founder: nodes[0]!, policy })
    for (const node of nodes) {
      this.hosts.set(node, {
        node,
        site: (node === B ? 'y' : 'x') as SiteId,
        disk: { own: null, required: null, log: null },
        process: null,
        incarnations: 0,
        frozen: false,
        waiting: [],
        logComplete: true,
        noFailover: false,
        priority: 1,
      })
    }
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
    const process: Process = {
      incarnation: host.incarnations,
      state: initialElection(this.#config(host)),
      timers: new Map(),
      leading: null,
      session: null,
      claims: [],
    }
    host.process = process
    const resume =
      own !== null && own.node === node && required !== null && sameToken(required.token, own.token) && host.logComplete
    const log = this.#logStatus(host)
    this.#run(host, { i: 'started', own, resume, nonceSeed: `${node}#${host.incarnations}`, log })
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
    if (process.session !== null && !this.#edgeCut.has(node)) this.#closeSession(node, process.session, EDGE_MS)
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

  /** Packets between two nodes are dropped; their links are taken for dead later. */
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
    this.#edgeCut.add(node)
    const session = this.host(node).process?.session ?? null
    this.time.after(LINK_DEAD_MS, () => {
      const { process } = this.host(node)
      if (process === null || process.session !== session || session === null || !this.#edgeCut.has(node)) return
      process.session = null
      this.#deliver(node, 0, { i: 'authorityDown' })
      this.#closeSession(node, session, 0)
    })
  }

  healEdge(node: NodeId): void {
    this.#edgeCut.delete(node)
  }

  /** An outage of the edge: its memory is lost, its storage is not. */
  stopAuthority(): void {
    if (this.#authority === null) return
    this.#disk = this.#authority.registry
    this.#authority = null
    for (const { node, process } of this.hosts.values()) {
      if (process === null || process.session === null) continue
      process.session = null
      this.#deliver(node, EDGE_MS, { i: 'authorityDown' })
    }
  }

  startAuthority(): void {
    if (this.#authority === null) this.#authority = startAuthority(this.#disk, this.time.now)
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

  // --- what a test sees -------------------------------------------------------------------------------------

  /** How many records have been held. */
  held(): number {
    return this.#held?.index ?? 0
  }

  role(node: NodeId): string {
    return this.host(node).process?.state.role.r ?? 'down'
  }

  epoch(node: NodeId): number {
    return this.host(node).disk.own?.token.epoch ?? 0
  }

  /** Nodes that are master at the highest token, and can hold records as far as they know. */
  masters(): NodeId[] {
    return [...this.hosts.values()].filter((host) => host.process?.state.role.r === 'master').map((host) => host.node)
  }

  registry(): FoundedRegistry {
    const registry = this.#authority?.registry ?? this.#disk
    assert(registry.status === 'founded', 'the registry is founded')
    return registry
  }

  describe(): string {
    const roles = [...this.hosts.keys()].map((node) => `${node}=${this.role(node)}@${this.epoch(node)}`)
    const registry = this.#authority?.registry ?? this.#disk
    const recorded =
      registry.status === 'founded' ? `${registry.master}@${registry.epoch} [${registry.syncSet}]` : registry.status
    return `${roles.join(' ')} registry ${recorded} held ${this.held()} at ${this.time.now}`
  }

  /** The founder is master, `standby` is in the sync set, everybody is linked. */
  settle(standby: NodeId | null = B): void {
    this.startAll()
    this.until(
      () => this.masters().length === 1 && (standby === null || this.registry().syncSet.includes(standby)),
      10_000,
    )
    this.advance(1_500)
  }

  // --- the process ------------------------------------------------------------------------------------------

  #config(host: Host): ElectionConfig {
    return {
      network: NETWORK,
      cluster: CLUSTER,
      node: host.node,
      site: host.site,
      priority: host.priority,
      noFailover: host.noFailover,
      heartbeatMs: LAN.heartbeatMs as Ms,
      suspectAfterMs: LAN.suspectAfterMs as Ms,
      masterTtlMs: LAN.masterTtlMs as Ms,
    }
  }

  #logStatus(host: Host) {
    const index = (host.disk.log?.index ?? 0) as LogIndex
    const unheldSince = host.process?.leading?.unheldSince ?? null
    return { durableIndex: index, height: index, complete: host.logComplete, cannotHoldSince: unheldSince as never }
  }

  /** An input from outside, later; a frozen process gets it when it wakes, a dead or restarted one never. */
  #deliver(node: NodeId, ms: number, input: ElectionInput): void {
    this.#later(node, ms, () => this.#run(this.host(node), input))
  }

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
    const moment = { now: this.time.now }
    if (input.i !== 'started' && input.i !== 'logStatus') {
      this.#apply(host, process, electionStep(process.state, { i: 'logStatus', log: this.#logStatus(host) }, moment))
    }
    this.#apply(host, process, electionStep(process.state, input, moment))
  }

  #apply(host: Host, process: Process, step: ReturnType<typeof electionStep>): void {
    process.state = step.state
    for (const write of step.write) host.disk.own = write.own
    for (const event of step.events) this.seen.push({ at: this.time.now, node: host.node, event })
    for (const { name, after } of step.timers) {
      process.timers.get(name)?.()
      if (after === null) process.timers.delete(name)
      else {
        const fire = () => this.#run(host, { i: 'timer', name })
        process.timers.set(name, this.#later(host.node, after, fire, true))
      }
    }
    for (const send of step.send) this.#send(host, process, send)
  }

  #send(host: Host, process: Process, send: ElectionSend): void {
    const { node } = host
    switch (send.s) {
      case 'peer':
        this.#message(node, send.peer, send.message)
        return
      case 'report': {
        const { session } = process
        if (session === null || this.#edgeCut.has(node)) return
        const { t: _, ...report } = send.message
        this.time.after(EDGE_MS, () => this.#registry({ i: 'report', node, session, report }))
        return
      }
      case 'claim':
        this.claims.push({ at: this.time.now, claim: send.claim })
        this.#claim(host, send.request, send.claim)
        return
      case 'confirm': {
        const from = { channel: node, request: send.message.request }
        if (!this.#reaches(node)) return
        this.time.after(EDGE_MS, () => this.#registry({ i: 'confirm', from, node, token: send.message.token }))
        return
      }
      case 'probe':
        this.#probe(node, send.peer)
        return
      case 'becomeMaster': {
        const { mastership, version, syncSet } = send.grant
        assert(
          entryAt(host.disk.log, this.held()) === this.#held,
          `${node} became master at ${formatToken(mastership)} without a held record`,
        )
        this.#lead(host, process, { token: mastership, version, syncSet, pending: [] })
        return
      }
      case 'resumeMaster':
        this.#lead(host, process, host.disk.required!)
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

  // --- links between nodes ----------------------------------------------------------------------------------

  #reconnect(): void {
    this.time.after(RECONNECT_MS, () => this.#reconnect())
    const nodes = [...this.hosts.keys()]
    const awake = (node: NodeId) => this.host(node).process !== null && !this.host(node).frozen
    for (const a of nodes) {
      if (awake(a) && this.host(a).process?.session === null) this.#openSession(a)
      for (const b of nodes) {
        if (a >= b || !awake(a) || !awake(b) || this.#connected.has(pair(a, b)) || this.#cut.has(pair(a, b))) continue
        this.#connected.add(pair(a, b))
        for (const [self, peer] of [
          [a, b],
          [b, a],
        ] as const) {
          this.#run(this.host(self), { i: 'linkUp', peer })
          const grant = this.host(peer).process?.state.grant
          if (grant) this.#deliver(self, PEER_MS, { i: 'grantSeen', ...grant })
        }
      }
    }
  }

  #message(from: NodeId, to: NodeId, message: PeerMessage): void {
    if (this.#cut.has(pair(from, to)) || !this.#connected.has(pair(from, to))) return
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
          this.#deliver(to, PEER_MS, { i: 'grantSeen', ...this.#grants.get(grant)! })
        }
        return
      default:
        throw new Error(`the election does not send ${message.t}`)
    }
  }

  #probe(from: NodeId, peer: NodeId): void {
    const result = this.#cut.has(pair(from, peer)) ? 'timeout' : this.host(peer).process === null ? 'refused' : 'open'
    this.#deliver(from, result === 'timeout' ? LAN.heartbeatMs : PROBE_MS, { i: 'probeResult', peer, result })
  }

  // --- the authority ----------------------------------------------------------------------------------------

  #reaches(node: NodeId): boolean {
    return this.#authority !== null && !this.#edgeCut.has(node)
  }

  /** By its own session, else over HTTP, else relayed by a linked peer that has a session. */
  #claim(host: Host, request: number, claim: Claim): void {
    const { node } = host
    const relays = [...this.hosts.keys()].filter(
      (peer) => this.#connected.has(pair(node, peer)) && !this.#cut.has(pair(node, peer)) && !this.host(peer).frozen,
    )
    const route = [node, ...relays].find((hop) => this.#reaches(hop))
    if (route === undefined) {
      const outcome = { ok: false, code: 'UNREACHABLE', why: 'no route', retryAfterMs: null, state: null } as const
      this.#deliver(node, 50, { i: 'claimReply', request, outcome })
      return
    }
    const resignation =
      claim.evidence.kind === 'resigned' ? (this.#resignations.get(claim.evidence.resignation) ?? null) : null
    const from = { channel: node, request }
    this.time.after(EDGE_MS, () => this.#registry({ i: 'claim', from, claim, resignation }))
  }

  #openSession(node: NodeId): void {
    const { process } = this.host(node)
    if (!this.#reaches(node) || process === null) return
    this.#sessions += 1
    const session = `s${this.#sessions}`
    process.session = session
    const { site, priority, noFailover } = this.host(node)
    const member = {
      node,
      site,
      priority,
      noFailover,
      certificate: `certificate:${node}` as Jws,
      peerAddress: `${node}:1`,
      apiAddress: `${node}:2`,
      key: node as string as PublicKey,
      expiresAt: 0 as UnixMs,
    }
    this.#deliver(node, EDGE_MS, { i: 'authorityUp', challenge: session })
    this.#registry({ i: 'memberSeen', member, nonce: session })
    this.#registry({ i: 'sessionOpened', node, session })
    this.#tellState(node)
  }

  #closeSession(node: NodeId, session: string, ms: number): void {
    this.time.after(ms, () => this.#registry({ i: 'sessionClosed', node, session }))
  }

  #registry(input: RegistryInput): void {
    if (this.#authority === null) return
    const step = registryStep(this.#authority, input, { now: this.time.now, wallClock: this.time.now as never })
    this.#authority = step.state
    for (const send of step.send) this.#fromAuthority(send)
  }

  #fromAuthority(send: RegistrySend): void {
    const sessions = [...this.hosts.values()].filter((host) => host.process?.session && !this.#edgeCut.has(host.node))
    switch (send.s) {
      case 'reply': {
        const node = send.to.channel as NodeId
        const { outcome } = send
        const { request } = send.to
        const leading = this.host(node).process?.leading
        const state = this.#view()
        const grant = this.#grant()
        if (grant !== null) this.#deliver(node, EDGE_MS, { i: 'grantSeen', ...grant })
        if (state !== null) this.#deliver(node, EDGE_MS, { i: 'view', view: state })
        if (request >= RESHAPES) {
          this.#later(node, EDGE_MS, () => leading && state && this.#reshaped(this.host(node), leading, state))
          return
        }
        const reply = outcome.ok ? { ok: true as const, state: state! } : { ...outcome, state }
        this.#deliver(node, EDGE_MS, { i: 'claimReply', request, outcome: reply })
        return
      }
      case 'broadcast':
        for (const host of sessions) this.#tellState(host.node)
        return
      case 'state':
        for (const host of sessions) if (host.process?.session === send.session) this.#tellState(host.node)
        return
      case 'heard': {
        const host = sessions.find((h) => h.process?.session === send.session)
        const { version } = this.registry()
        if (host) this.#deliver(host.node, EDGE_MS, { i: 'heardByAuthority', report: send.report, version })
        return
      }
      case 'sessionClosed':
        for (const host of sessions) this.#deliver(host.node, EDGE_MS, { i: 'sessionClosed', node: send.node })
        return
      case 'closeSession':
      case 'directory':
        return
    }
  }

  #tellState(node: NodeId): void {
    const view = this.#view()
    const grant = this.#grant()
    if (view === null || grant === null) return
    this.#later(node, EDGE_MS, () => {
      this.#run(this.host(node), { i: 'grantSeen', ...grant })
      this.#run(this.host(node), { i: 'view', view })
      const { leading } = this.host(node).process ?? {}
      if (leading) this.#reshaped(this.host(node), leading, view)
    })
  }

  #view(): RegistryView | null {
    const registry = this.#authority?.registry
    if (registry?.status !== 'founded') return null
    return viewOf(registry, { grant: `grant:${registry.epoch}` as Jws, certificate: 'certificate' as Jws })
  }

  #grant(): KnownGrant | null {
    const registry = this.#authority?.registry
    if (registry?.status !== 'founded') return null
    const { generation, epoch, node, recovering, nonce, syncSet, version, coming } = registry.lastGrant
    const credential = { grant: `grant:${epoch}` as Jws, certificate: 'certificate' as Jws }
    const key = node as string as PublicKey
    const mastership = { cluster: CLUSTER, generation, epoch, node, key, recovering, credential }
    const grant = { mastership, nonce, syncSet, version, coming }
    this.#grants.set(credential.grant, grant)
    return grant
  }

  // --- an honest guard, much simplified ---------------------------------------------------------------------

  #lead(host: Host, process: Process, required: Required): void {
    const token = { generation: required.token.generation, epoch: required.token.epoch }
    const known = this.#masters.get(formatToken(token))
    assert(known === undefined || known === host.node, `two masters at ${formatToken(token)}: ${known}, ${host.node}`)
    this.#masters.set(formatToken(token), host.node)
    host.disk.required = { ...required, token }
    process.leading = {
      token,
      required: host.disk.required,
      acknowledged: new Map(),
      ackedAt: new Map(),
      unheldSince: null,
      sealed: false,
    }
  }

  /** Every 10 ms a master appends a record when the last one is held, and sends its log to whoever is linked. */
  #work(host: Host, incarnation: number): void {
    if (host.process?.incarnation !== incarnation) return
    this.#later(host.node, this.#workMs, () => this.#work(host, incarnation), true)
    const { leading } = host.process
    if (leading === null || leading.sealed) return
    const { index } = host.disk.log ?? { index: 0 }
    const pending = index > this.held()
    if (!pending) {
      this.#records += 1
      const record = `${formatToken(leading.token)}/${this.#records}`
      host.disk.log = { index: index + 1, record, previous: host.disk.log }
    }
    const { log } = host.disk
    for (const { node } of this.hosts.values()) {
      if (node === host.node || !this.#connected.has(pair(node, host.node))) continue
      if (this.#cut.has(pair(node, host.node))) continue
      this.#later(node, PEER_MS, () => this.#append(host, incarnation, leading, this.host(node), log))
    }
    this.#hold(host, leading)
    if (leading.unheldSince === null && pending) leading.unheldSince = this.time.now
    this.#considerReshape(host, leading)
  }

  /** A follower that has promised a higher token acknowledges nothing (EL5, GU1). */
  #append(master: Host, incarnation: number, leading: Leading, follower: Host, log: Entry | null): void {
    const own = follower.disk.own
    if (own === null || compareTokens(own.token, leading.token) !== 0) return
    const length = log?.index ?? 0
    if (length < (follower.disk.log?.index ?? 0) && entryAt(follower.disk.log, length) === log) return
    follower.disk.log = log
    if (this.#cut.has(pair(master.node, follower.node))) return
    this.#later(master.node, PEER_MS, () => {
      if (master.process?.incarnation !== incarnation || master.process.leading !== leading) return
      leading.acknowledged.set(follower.node, length)
      leading.ackedAt.set(follower.node, this.time.now)
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
    const now = this.time.now
    const silent = (node: NodeId) => now - (leading.ackedAt.get(node) ?? 0) > LAN.suspectAfterMs
    const others = required.syncSet.filter((node) => node !== host.node)
    const stuck = leading.unheldSince !== null && now - leading.unheldSince > LAN.suspectAfterMs
    if (stuck && others.some(silent)) {
      this.#reshape(host, leading, [host.node, ...others.filter((node) => !silent(node))])
      return
    }
    if (others.length > 0 || required.pending.length > 0) {
      if (required.pending.length > 0) this.#reshape(host, leading, [...required.syncSet, ...required.pending])
      return
    }
    const ready = [...this.hosts.keys()].find(
      (node) =>
        node !== host.node && !silent(node) && (leading.acknowledged.get(node) ?? 0) >= (host.disk.log?.index ?? 0) - 2,
    )
    if (ready === undefined) return
    // Written before the request: from here nothing counts without it.
    leading.required = { ...required, pending: [ready] }
    host.disk.required = leading.required
    this.#reshape(host, leading, [...required.syncSet, ready])
  }

  #reshape(host: Host, leading: Leading, syncSet: readonly NodeId[]): void {
    if (!this.#reaches(host.node)) return
    const { version } = leading.required
    const from = { channel: host.node, request: RESHAPES }
    const reshape = { network: NETWORK, cluster: CLUSTER, ...leading.token, version, node: host.node, syncSet }
    const statement = 'reshape' as Jws
    this.time.after(EDGE_MS, () => this.#registry({ i: 'reshape', from, reshape, statement }))
  }

  #reshaped(host: Host, leading: Leading, view: RegistryView): void {
    if (host.process?.leading !== leading || view.epoch !== leading.token.epoch) return
    if (view.version <= leading.required.version) return
    leading.required = { token: leading.token, version: view.version, syncSet: view.syncSet, pending: [] }
    host.disk.required = leading.required
  }
}

/** Requests of the guard are numbered from here, those of the election below. */
const RESHAPES = 1_000_000

function pair(a: NodeId, b: NodeId): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`
}
