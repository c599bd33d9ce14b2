/**
 * A whole network in one thread and virtual time: the real node and registry machines, their disks, links and sessions,
 * and faults by command. Nothing in here decides anything that production code decides.
 */
import type { Application } from '@baton/shared/core/ledger/application'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import type { SignedTransaction } from '@baton/shared/core/ledger/types'
import { knownCredentials } from '@baton/shared/core/node/mastership'
import { isLeading } from '@baton/shared/core/node/state'
import { BatonError, type ErrorCode } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Hash, Instant, NodeId } from '@baton/shared/ids'
import type { MemoryStore } from '../memory-store.ts'
import { type Majorities, makeArbiters } from './arbiters.ts'
import type { WorldAuthority } from './authority.ts'
import { WorldDirectory } from './directory.ts'
import { Edge, type EdgeAdversity } from './edge.ts'
import type { EdgeWay } from './edge-ways.ts'
import { Host } from './host.ts'
import { Inbox } from './inbox.ts'
import { type Adversity, Links } from './links.ts'
import { genesisOf, siteOf, type WorldOptions } from './network.ts'
import { openHost } from './open-host.ts'
import { Outbox } from './outbox.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { Ed25519Signer, KeyedHashSigner, type Signer } from './signatures.ts'
import { putTransaction } from './transactions.ts'
import { TwinCopies } from './twins.ts'
import { Watch } from './watch.ts'

/** From the start of a process to its first links. */
const LINKS_AFTER_MS = 5

export class World {
  readonly genesis: Genesis
  readonly hosts = new Map<NodeId, Host>()
  readonly authorities = new Map<ClusterId, WorldAuthority>()
  readonly application: RecordsAndTransfers
  readonly watch: Watch
  readonly directory: WorldDirectory
  readonly signer: Signer
  /** Nodes that there are two of. */
  readonly twins: TwinCopies
  readonly rejected: { readonly node: NodeId; readonly why: string; readonly code?: ErrorCode }[] = []
  readonly #schedule = new Schedule()
  readonly #links: Links
  readonly #edge: Edge
  readonly #majorities: Majorities
  readonly #workload: Random
  #submitted = 0
  /** Nodes that stop on an assertion of the core are no breach: set while a defect is planted on purpose. */
  readonly #failsQuietly: boolean

  constructor(options: WorldOptions) {
    // One stream each, so that one more draw of one does not shift the others.
    const stream = (of: number) => new Random((options.seed ?? 1) * 16 + of)
    const [network, disk, workload, toDirectory] = [stream(1), stream(2), stream(3), stream(7)]
    this.#workload = workload
    this.#failsQuietly = options.failsQuietly ?? false
    this.genesis = genesisOf(options)
    this.application = new RecordsAndTransfers(this.genesis)
    const schedule = this.#schedule
    const latencyMs = (base: number) => base + (options.jitterMs ?? 0) * network.next() ** 4
    this.#links = new Links({
      schedule,
      codec: options.codec ?? true,
      latencyMs: () => latencyMs(0.3),
      draw: () => network.next(),
      opened: (host, peer) => this.#opened(host, peer),
      closed: (host, peer) => {
        host.feed({ i: 'link', peer: peer.node, cluster: peer.cluster, up: false })
        this.#majorities.link(host, peer, false)
      },
      arrived: (host, from, message) => inbox.receive(host, from, message),
    })
    const { hosts, authorities } = this
    this.twins = new TwinCopies({
      links: () => this.#links,
      hosts,
      nodesOf: (cluster) => this.nodesOf(cluster),
      kill: (host) => this.#kill(host),
      start: (host) => this.#start(host),
      machine: ({ node, cluster, site }, place) => new Host(node, cluster, site, ports, place),
      lies: (cluster) => this.watch.lies(cluster),
    })
    this.#edge = new Edge({
      schedule,
      hosts,
      twins: this.twins,
      authorities,
      network: this.genesis.network,
      latencyMs: () => latencyMs(2),
      draw: () => network.next(),
      relays: ({ node, cluster }) =>
        this.nodesOf(cluster).filter((peer) => !peer.frozen && this.#links.flows(node, peer.node)),
    })
    this.watch = new Watch({ now: () => this.now, hosts, authorities })
    this.signer = options.ed25519 === true ? new Ed25519Signer(this.genesis.network) : new KeyedHashSigner()
    const inbox = new Inbox(this.signer)
    const { watch } = this
    const outbox = new Outbox({
      schedule,
      watch,
      signer: this.signer,
      tamper: options.tamper ?? ((_host, _to, message) => message),
      inbox,
      links: this.#links,
      edge: this.#edge,
      directory: () => this.directory,
      host: (node) => this.host(node),
    })
    this.#majorities = makeArbiters(this.genesis, options, {
      schedule,
      watch,
      hosts,
      authorities,
      links: this.#links,
      edge: this.#edge,
      seats: stream(8),
      directory: () => this.directory,
      failed: (host, error) => ports.failed(host, error),
      stopped: (host, why) => ports.stopped(host, why),
    })
    const ports = {
      schedule,
      application: () => this.application,
      commitMs: () => (options.commitMs ?? 0) * disk.next() ** 2,
      perform: outbox.perform.bind(outbox),
      held: watch.held.bind(watch),
      stepped: (...[host, before, input, step]: Parameters<Watch['stepped']>) => {
        watch.stepped(host, before, input, step)
        options.observer?.stepped(host, before, input, step)
        this.directory.found(host, step.events)
        if (step.rejected !== undefined)
          this.rejected.push({ node: host.node, ...step.rejected, why: `${input.i}: ${step.rejected.why}` })
      },
      failed: (host: Host, error: unknown) => {
        if (!this.#failsQuietly) watch.failed(host, error)
        this.#kill(host)
      },
      stopped: (host: Host, why: string) => {
        options.observer?.stopped(host, why)
        this.#kill(host)
      },
      began: watch.began.bind(watch),
      diskChanged: watch.diskChanged.bind(watch),
    }
    for (const [c, { cluster }] of this.genesis.clusters.entries()) {
      for (let n = 0; n < options.nodes; n++) {
        const site = siteOf(options, c, n)
        const node = `${cluster}-n${n + 1}` as NodeId
        this.hosts.set(node, new Host(node, cluster, site, ports))
      }
    }
    const { recoverAfterMs } = this.genesis.clusters[0]!.policy
    this.directory = new WorldDirectory({
      schedule,
      policy: { ...options.audit, recoverAfterMs },
      hosts,
      authorities,
      signer: this.signer,
      up: () => this.#edge.up,
      adversity: () => this.#edge.adversity,
      latencyMs: () => 2 + (options.jitterMs ?? 0) * toDirectory.next() ** 4,
      draw: () => toDirectory.next(),
      slander: options.slander ?? null,
      reports: watch.reports.bind(watch),
      stepped: (...step) => {
        watch.audited(...step)
        options.observer?.audited(...step)
      },
      restarted: watch.auditRestarted.bind(watch),
    })
    for (const host of this.hosts.values()) this.start(host.node)
  }

  get now(): Instant {
    return this.#schedule.now
  }

  get acknowledged(): ReadonlySet<Hash> {
    return this.watch.acknowledgedIds
  }

  /** What clients have an answer to. */
  get answered(): ReadonlySet<Hash> {
    return this.watch.answeredIds
  }

  get edgeUp(): boolean {
    return this.#edge.up
  }

  host(node: string): Host {
    const host = this.hosts.get(node as NodeId)
    if (host === undefined) throw new Error(`no host ${node}`)
    return host
  }

  nodesOf(cluster: string): Host[] {
    return [...this.hosts.values()].filter((host) => host.cluster === cluster)
  }

  /** The node that leads under the highest token. */
  masterOf(cluster: string): Host | null {
    const leading = this.nodesOf(cluster).filter((host) => host.alive && isLeading(host.state))
    return leading.sort((a, b) => b.state.guard.token.epoch - a.state.guard.token.epoch)[0] ?? null
  }

  /** Runs until `done` holds; false when time ran out first. */
  run(durationMs: number, done: () => boolean = () => false): boolean {
    return this.#schedule.run(durationMs, done)
  }

  after(ms: number, run: () => void): void {
    this.#schedule.after(ms, run)
  }

  /** A new transaction, put into the mempool of every master. */
  submit(node: string, key: string, value = 'v'): SignedTransaction {
    this.#submitted += 1
    const nonce = `${key}-${this.#submitted}-${this.#workload.integer(1e9)}`
    const signed = putTransaction(this.genesis.network, this.host(node).node, nonce, { key, value })
    this.resubmit(signed)
    return signed
  }

  /** `late`: the client does not know that it was executed long ago, and nobody tells it. */
  resubmit(signed: SignedTransaction, late = false): void {
    for (const each of this.hosts.values()) {
      if (!each.alive || !isLeading(each.state) || (!late && each.store.transaction(signed.id) !== null)) continue
      each.mempool.set(signed.id, signed)
      each.feed({ i: 'work' })
    }
  }

  kill(node: string): void {
    this.#kill(this.host(node))
  }

  #kill(host: Host): void {
    if (!host.alive) return
    host.end()
    for (const peer of this.twins.everyone()) if (peer !== host) this.#links.close(host, peer)
    this.#edge.close(host)
  }

  /** The process begins, unless its disk cannot be read: then the operator puts an empty one in its place (EL6). */
  start(node: string): void {
    this.#start(this.host(node))
  }

  #start(host: Host): void {
    if (host.alive) return
    const open = (store: MemoryStore) => openHost(this.genesis, this.application, host, store, this.hosts.values())
    try {
      host.begin(open)
    } catch (error) {
      if (!(error instanceof BatonError) || error.code !== 'STORAGE_DAMAGED') throw error
      this.rejected.push({ node: host.node, why: error.message })
      host.end()
      this.#empty(host)
      host.begin(open)
    }
    const { life } = host
    this.after(LINKS_AFTER_MS, () => {
      if (host.life !== life) return
      for (const peer of this.twins.everyone()) this.#links.open(host, peer)
      this.#edge.open(host)
    })
  }

  /** SIGSTOP: links and sessions stay, nothing answers. */
  freeze(node: string): void {
    this.host(node).frozen = true
  }

  thaw(node: string): void {
    const host = this.host(node)
    if (host.frozen) host.thaw()
    this.#majorities.of(host)?.thaw(host)
  }

  /** From now on its process computes with this; the disk that it leaves is wrong. */
  miscount(node: string, application: Application): void {
    const host = this.host(node)
    host.miscounts = true
    host.ownApplication = application
  }

  /** The program of a dead host is put right; its disk stays as it is. */
  repair(node: string): void {
    const host = this.host(node)
    if (host.alive) throw new Error('repair a dead host')
    host.miscounts = false
    host.ownApplication = null
  }

  /**
   * It begins anew, repaired, over the chain of a node that computed what the network did; a disk that has lost its log and not got it back
   * is emptied instead: nobody may take it for whole (EL6).
   */
  putRight(node: string): void {
    const host = this.host(node)
    if (!host.miscounts) return
    this.kill(node)
    const sound = [...this.hosts.values()].filter(({ miscounts, traitor }) => !miscounts && !traitor)
    const [donor] = sound.sort((a, b) => b.disk.tip - a.disk.tip)
    this.repair(node)
    if (host.wiped) this.#empty(host)
    else if (donor !== undefined) host.copyState(donor)
    this.start(node)
  }

  wipe(node: string): void {
    const host = this.host(node)
    if (host.alive) throw new Error('wipe a dead host')
    this.#empty(host)
  }

  /** An entry of the log on a dead host's disk can no longer be read. False when there is none. */
  damage(node: string, index: number): boolean {
    const host = this.host(node)
    if (host.alive) throw new Error('damage the disk of a dead host')
    return host.damage(index)
  }

  cut(a: string, b: string): void {
    this.#links.cut(this.host(a), this.host(b))
  }

  /** The link stays up and carries nothing. */
  clog(a: string, b: string): void {
    this.clogOneWay(a, b)
    this.clogOneWay(b, a)
  }

  /** What `from` says does not reach `to`; the other direction goes on. */
  clogOneWay(from: string, to: string): void {
    this.#links.clog(this.host(from), this.host(to))
  }

  /** Null: links are as the core is promised. */
  setLinkAdversity(adversity: Adversity | null): void {
    this.#links.adversity = adversity
  }

  /** Every link that is up closes and opens again. */
  renewLinks(): void {
    this.#links.renew()
  }

  setEdgeAdversity(adversity: EdgeAdversity): void {
    this.#edge.adversity = adversity
  }

  mend(a: string, b: string): void {
    this.#links.mend(this.host(a), this.host(b))
  }

  cutEdge(node?: string): void {
    if (node === undefined) this.#edge.takeDown()
    else this.#edge.cut(this.host(node))
  }

  /** Its requests do not arrive, or it hears no answers; the other direction goes on. */
  cutEdgeOneWay(node: string, way: EdgeWay): void {
    this.#edge.cutOneWay(this.host(node), way)
  }

  /** Its session ends and a new one begins. */
  reconnect(node: string): void {
    const host = this.host(node)
    this.#edge.close(host)
    this.#edge.open(host)
  }

  mendEdge(node?: string): void {
    if (node !== undefined) this.#edge.mend(this.host(node))
    else if (!this.edgeUp) {
      this.#edge.bringUp()
      this.directory.restart()
    }
  }

  #empty(host: Host): void {
    this.watch.emptied(host)
    host.wipe()
    this.#majorities.of(host)?.wipe(host)
  }

  #opened(host: Host, peer: Host): void {
    host.feed({ i: 'link', peer: peer.node, cluster: peer.cluster, up: true })
    this.#majorities.link(host, peer, true)
    const credentials = knownCredentials(host.state.masterships)
    if (credentials.length > 0) this.#links.send(host, peer.node, { t: 'inform', credentials })
  }
}
