/** A whole network on this machine: the control plane and every node as a process of its own, on free ports. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SignBytes } from '@baton/shared/crypto/statements'
import type { ClusterPolicy, TimingPreset } from '@baton/shared/genesis'
import { ownerSigner } from '../identity/owner-signer.ts'
import { addressesOfPorts } from '../network/addresses.ts'
import type { NodeSettings } from '../network/config-text.ts'
import { createNetwork, type NetworkFiles, type NodeFiles } from '../network/init.ts'
import { planLayout } from '../network/layouts.ts'
import { withMajorities } from '../network/plan.ts'
import { compileCacheEnvironment, fillCompileCache } from './compile-cache.ts'
import type { ClusterEpoch } from './figures.ts'
import { freePorts } from './free-ports.ts'
import { startLocalAuthority } from './local-authority.ts'
import { type LoggedEvent, NodeProcess } from './node-process.ts'
import { agreedHeight, type ClusterView, clusterViews, readStatus, readStatuses, type Statuses } from './node-status.ts'
import { Timeline } from './timeline.ts'
import { waitFor } from './wait.ts'
import { Watchdog } from './watchdog.ts'

const START_MS_MAX = 60_000
const SWITCH_MS_MAX = 30_000
const RECOVERY_MS_MAX = 30_000
const WHOLE_MS_MAX = 60_000
/** Blocks decided after a switch before it counts as over: the new master's vote is in one of them. */
const BLOCKS_AFTER_SWITCH = 3
/** Of every node: its log tells of events, and it writes down each vote that it receives. */
const SETTINGS = { logLevel: 'info', voteJournal: true } as const satisfies NodeSettings

/** The published package brings the Worker along; a checkout bundles it. */
const BUNDLED_WORKER = import.meta.filename.endsWith('.ts')
  ? {}
  : { workerScript: join(import.meta.dirname, 'authentication-node.js') }

export interface DemoNetworkOptions {
  readonly folder: string
  /** 3: master, standby, ordinary. 2: no ordinary node. 1: no standby. */
  readonly nodesPerCluster: number
  /** Clusters whose members are their own arbiter (MJ1); default: none. */
  readonly majorities?: readonly string[]
  /** Timings of every cluster. */
  readonly preset: TimingPreset
  /** Single values of the policy over the preset: signed into genesis, so they are chosen here and never later. */
  readonly policy?: Partial<ClusterPolicy>
  readonly settings?: NodeSettings
  readonly onEvent?: (node: string, event: LoggedEvent) => void
  /** A process ended although nobody asked for it. */
  readonly onDeath: (node: string, why: string) => void
}

export interface Authority {
  readonly url: string
  readonly pid: number | undefined
  stop(): Promise<void>
}

export class DemoNetwork {
  readonly timeline = new Timeline()
  readonly settings: NodeSettings
  readonly #options: DemoNetworkOptions
  readonly #watchdog = new Watchdog()
  readonly #authorityPort: number
  readonly #cacheFolder: string
  #files: NetworkFiles
  #nodes: readonly NodeProcess[]
  #authority: Authority | undefined

  private constructor(files: NetworkFiles, authorityPort: number, options: DemoNetworkOptions) {
    this.#files = files
    this.#authorityPort = authorityPort
    this.#options = options
    this.settings = settingsOf(options)
    this.#cacheFolder = join(options.folder, 'compile-cache')
    mkdirSync(join(options.folder, 'logs'), { recursive: true })
    this.#nodes = files.nodes.map((node) => this.#processOf(node))
  }

  /** Writes keys, genesis and configurations; starts nothing. */
  static async create(options: DemoNetworkOptions): Promise<DemoNetwork> {
    const planned = planLayout({ layout: 'two-company', nodesPerCluster: options.nodesPerCluster })
    const clusters = withMajorities(planned, options.majorities ?? [])
    const [authorityPort, ...ports] = await freePorts(1 + 2 * clusters.length * options.nodesPerCluster)
    const files = await createNetwork({
      network: 'demo',
      out: join(options.folder, 'network'),
      clusters,
      addressOf: addressesOfPorts(ports),
      authorityUrl: `http://127.0.0.1:${authorityPort}`,
      preset: options.preset,
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      settings: settingsOf(options),
    })
    return new DemoNetwork(files, authorityPort!, options)
  }

  get authorityUrl(): string {
    return `http://127.0.0.1:${this.#authorityPort}`
  }

  get files(): NetworkFiles {
    return this.#files
  }

  get nodes(): readonly NodeProcess[] {
    return this.#nodes
  }

  /** Signs as the owner of the cluster. */
  owner(cluster: string): Promise<SignBytes> {
    return ownerSigner({ ownerKey: this.files.owners.find((owner) => owner.cluster === cluster)!.keyFile })
  }

  /** A node that has joined: from now on part of what is whole, agrees and is read back. Not started yet. */
  adopt(files: NodeFiles): NodeProcess {
    const node = this.#processOf(files)
    this.#files = { ...this.#files, nodes: [...this.#files.nodes, files] }
    this.#nodes = [...this.#nodes, node]
    return node
  }

  /** Resolves when every node is up and every cluster has a master and a standby. */
  async start(): Promise<void> {
    this.#watchdog.start()
    await Promise.all([this.startAuthority(), fillCompileCache(this.#cacheFolder)])
    for (const node of this.nodes) node.start()
    await this.#untilWhole('the network to start', START_MS_MAX)
  }

  async startAuthority(): Promise<void> {
    const authority = await startLocalAuthority({
      port: this.#authorityPort,
      persistFolder: join(this.files.folder, 'authority', 'state'),
      ...BUNDLED_WORKER,
      genesis: this.files.genesis,
      authorityKeyJwk: readFileSync(this.files.authorityKeyFile, 'utf8'),
    })
    this.#authority = authority
    if (authority.pid !== undefined) this.#watchdog.watch(authority.pid)
  }

  /** Wakes what is frozen and starts what is dead. */
  async heal(): Promise<{ readonly woken: number; readonly started: number }> {
    const frozen = this.nodes.filter((node) => node.frozen)
    const dead = this.nodes.filter((node) => !node.running)
    for (const node of frozen) node.thaw()
    await this.restart(dead)
    return { woken: frozen.length, started: dead.length }
  }

  /** Starts nodes one by one, each when the one before answers: a start is work for the processor, and others have to vote. */
  async restart(dead: readonly NodeProcess[]): Promise<void> {
    for (const node of dead) {
      node.start()
      await waitFor(`${node.files.node} to answer`, START_MS_MAX, async () => {
        if (!node.running) throw node.startFailure()
        return (await readStatus(node.files)) !== null
      })
    }
  }

  /** Kills everything: it is the end of this network, nobody has to take over. What is on the disks stays whole. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    await this.stopAuthority()
    this.#watchdog.stop()
  }

  async stopAuthority(): Promise<void> {
    await this.#authority?.stop()
    this.#authority = undefined
  }

  statuses(): Promise<Statuses> {
    return readStatuses(this.files.nodes)
  }

  async clusters(): Promise<ClusterView[]> {
    return clusterViews(this.files.nodes, await this.statuses())
  }

  /** The living master of a cluster. Waits for one. */
  master(cluster: string): Promise<{ readonly node: NodeProcess; readonly epoch: number }> {
    return waitFor(`a master of ${cluster}`, SWITCH_MS_MAX, async () => {
      const view = (await this.clusters()).find((candidate) => candidate.cluster === cluster)
      const node = this.nodes.find(({ files }) => files.node === view?.master)
      return node === undefined || view === undefined ? undefined : { node, epoch: view.epoch }
    })
  }

  /**
   * Waits until each of these clusters has a master under a higher epoch and the chain has gone on with them. The nodes tell it in their logs: asking
   * them while they recover would slow down what is measured.
   */
  async switched(lost: readonly ClusterEpoch[]): Promise<void> {
    await waitFor(`new masters of ${lost.map(({ cluster }) => cluster).join(', ')}`, SWITCH_MS_MAX, () =>
      lost.every(({ cluster, epoch }) => this.timeline.isPromotedAbove(cluster, epoch)),
    )
    const height = this.timeline.height
    await waitFor('blocks after the switch', SWITCH_MS_MAX, () => this.timeline.height >= height + BLOCKS_AFTER_SWITCH)
  }

  /** Waits until a recovering master votes again (RC3): its predecessor's votes cannot be contradicted any more. */
  recovered({ cluster, epoch }: ClusterEpoch): Promise<number> {
    const ended = () => this.timeline.recoveredAtMs(cluster, epoch)
    return waitFor(`${cluster} to vote again under epoch ${epoch}`, RECOVERY_MS_MAX, ended)
  }

  /** Waits until every node answers, has every block decided so far, and every cluster has its standby. */
  whole(): Promise<void> {
    return this.#untilWhole('the network to be whole', WHOLE_MS_MAX)
  }

  /** Waits until all nodes have the same chain and the same result; returns its height. */
  agreed(): Promise<number> {
    return waitFor('all nodes to agree', WHOLE_MS_MAX, async () => agreedHeight(await this.statuses()))
  }

  async #untilWhole(what: string, boundMs: number): Promise<void> {
    const height = this.timeline.height
    await waitFor(what, boundMs, async () => {
      const silent = this.nodes.find(({ running, frozen }) => !running && !frozen)
      if (silent !== undefined) throw silent.startFailure()
      const statuses = await this.statuses()
      const views = clusterViews(this.files.nodes, statuses)
      return (
        [...statuses.values()].every(
          (status) => status !== null && status.height >= height && status.resync === null,
        ) && views.every((view) => this.#hasStandby(view))
      )
    })
  }

  /** A standby elsewhere than its master: else one lost site would take both. */
  #hasStandby({ master, syncSet }: ClusterView): boolean {
    const sites = syncSet.map((node) => this.files.nodes.find((files) => files.node === node)?.site)
    return master !== null && new Set(sites).size >= Math.min(2, this.#options.nodesPerCluster)
  }

  #processOf(files: NodeFiles): NodeProcess {
    const { folder, onEvent, onDeath } = this.#options
    return new NodeProcess(files, {
      environment: compileCacheEnvironment(this.#cacheFolder),
      logFile: join(folder, 'logs', `${files.node}.log`),
      watchdog: this.#watchdog,
      onEvent: (event) => {
        this.timeline.record(files, event)
        onEvent?.(files.node, event)
      },
      onDeath: (why) => onDeath(files.node, why),
    })
  }
}

function settingsOf({ settings }: DemoNetworkOptions): NodeSettings {
  return { ...SETTINGS, ...settings }
}
