/**
 * A small network of real processes for one test file: workerd, and `baton run` for every node, on free ports in a temporary
 * folder. Whatever happens to the test, `stop` ends all of it and removes the folder; after a kill of the test runner itself
 * the nodes end with their standard input, and a watchdog kills the rest.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClusterPolicy, Genesis, TimingPreset } from '@baton/shared/genesis'
import type { NodeStatus } from '../../node-runtime/src/api/node-service.ts'
import { BatonClient } from '../../node-runtime/src/client/baton-client.ts'
import { compileCacheEnvironment, fillCompileCache } from '../../node-runtime/src/demo/compile-cache.ts'
import { freePorts } from '../../node-runtime/src/demo/free-ports.ts'
import { type LocalAuthority, startLocalAuthority } from '../../node-runtime/src/demo/local-authority.ts'
import { type LoggedEvent, NodeProcess } from '../../node-runtime/src/demo/node-process.ts'
import {
  agreedHeight,
  type ClusterView,
  clusterViews,
  readStatus,
  readStatuses,
} from '../../node-runtime/src/demo/node-status.ts'
import { Timeline } from '../../node-runtime/src/demo/timeline.ts'
import { waitFor } from '../../node-runtime/src/demo/wait.ts'
import { Watchdog } from '../../node-runtime/src/demo/watchdog.ts'
import { addressesOfPorts } from '../../node-runtime/src/network/addresses.ts'
import { createNetwork, type NetworkFiles, type NodeFiles } from '../../node-runtime/src/network/init.ts'
import { planLayout } from '../../node-runtime/src/network/layouts.ts'
import { type ClusterPlan, withMajorities } from '../../node-runtime/src/network/plan.ts'

/** Generous: the machine may be busy with other work, and none of these is what a test measures. */
const START_MS_MAX = 90_000
const SWITCH_MS_MAX = 45_000
const WHOLE_MS_MAX = 60_000
const END_MS_MAX = 20_000
const LOG_END_CHARACTERS = 3_000
const ELECTION_EVENTS = new Set([
  'role',
  'suspected',
  'ownStall',
  'claimSent',
  'claimRefused',
  'tokenSeen',
  'promoted',
  'noSuccessor',
])

export interface E2eOptions {
  /** How many nodes each cluster has: c1, c2, … */
  readonly clusters: readonly number[]
  /** Clusters whose members are their own arbiter (MJ1); default: none. */
  readonly majorities?: readonly string[]
  /** Of every cluster's genesis policy; default `lan`. On a busy machine a slower one keeps masters where they are. */
  readonly preset?: TimingPreset
  /** Single values of the policy over the preset. */
  readonly policy?: Partial<ClusterPolicy>
  /** Runs after the files are written and before anything starts. */
  readonly prepare?: (files: NetworkFiles) => void
  /** Undoes `prepare`, when nothing runs any more and before the folder is removed. */
  readonly release?: () => void
  /** The program a node starts with; default: this one. A later `start` uses what `programOf` says then. */
  readonly programOf?: (node: string) => string | undefined
  /** The bundled Worker that the control plane starts with; default: this one. A later `startAuthority` uses what `workerOf` says then. */
  readonly workerOf?: () => string | undefined
  /** Variables for the first run of a node. */
  readonly environmentOf?: (node: string) => Readonly<Record<string, string>>
}

export interface AuthoritySecrets {
  /** JWK of the authority. */
  readonly keyFile: string
  /** Files with what owners have signed about keys since genesis. */
  readonly changes?: readonly string[]
}

export class E2eNetwork {
  readonly folder: string
  files: NetworkFiles
  /** What the judgement checks signatures against: genesis, and the keys that a test has put in since. */
  trusted: Genesis
  readonly timeline = new Timeline()
  readonly #nodes: Map<string, NodeProcess>
  readonly #events = new Map<string, LoggedEvent[]>()
  readonly #environments = new Map<string, Record<string, string>>()
  /** How each process that nobody killed has ended, by node, since its last start. */
  readonly #endings = new Map<string, string>()
  readonly #clients: BatonClient[] = []
  readonly #watchdog = new Watchdog()
  readonly #authorityPort: number
  #secrets: AuthoritySecrets
  readonly #release: () => void
  readonly #programOf: (node: string) => string | undefined
  readonly #workerOf: () => string | undefined
  #authority: LocalAuthority | null = null

  private constructor(folder: string, files: NetworkFiles, authorityPort: number, options: E2eOptions) {
    this.folder = folder
    this.files = files
    this.trusted = files.genesis
    this.#secrets = { keyFile: files.authorityKeyFile }
    this.#authorityPort = authorityPort
    this.#release = options.release ?? (() => undefined)
    this.#programOf = options.programOf ?? (() => undefined)
    this.#workerOf = options.workerOf ?? (() => undefined)
    mkdirSync(join(folder, 'logs'))
    this.#nodes = new Map(files.nodes.map((node) => [node.node, this.#processOf(node)]))
  }

  /** Resolves when every node is up and every cluster has its master and, with more than one node, a standby. */
  static async start(options: E2eOptions): Promise<E2eNetwork> {
    const { clusters, preset = 'lan', prepare, environmentOf } = options
    const folder = mkdtempSync(join(tmpdir(), 'baton-e2e-'))
    try {
      const [authorityPort, ...ports] = await freePorts(1 + 2 * clusters.reduce((sum, nodes) => sum + nodes, 0))
      const files = await createNetwork({
        network: 'e2e',
        out: join(folder, 'network'),
        clusters: withMajorities(layoutOf(clusters), options.majorities ?? []),
        addressOf: addressesOfPorts(ports),
        authorityUrl: `http://127.0.0.1:${authorityPort}`,
        settings: { logLevel: 'info', voteJournal: true },
        preset,
        ...(options.policy === undefined ? {} : { policy: options.policy }),
      })
      const network = new E2eNetwork(folder, files, authorityPort!, options)
      try {
        prepare?.(files)
        network.#watchdog.start()
        await Promise.all([network.startAuthority(), fillCompileCache(join(folder, 'compile-cache'))])
        for (const name of network.#nodes.keys()) network.start(name, environmentOf?.(name))
        await network.whole(START_MS_MAX)
        return network
      } catch (error) {
        await network.stop()
        throw error
      }
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  get authorityUrl(): string {
    return `http://127.0.0.1:${this.#authorityPort}`
  }

  /** A node that joined later: from now on part of what is whole and agrees. Not started yet. */
  adopt(node: NodeFiles): void {
    this.files = { ...this.files, nodes: [...this.files.nodes, node] }
    this.#nodes.set(node.node, this.#processOf(node))
  }

  get nodes(): readonly NodeProcess[] {
    return [...this.#nodes.values()]
  }

  node(name: string): NodeProcess {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`this network has no node ${name}`)
    return node
  }

  /** Starts a stopped node, with these variables in its environment for this one run. */
  start(name: string, environment: Readonly<Record<string, string>> = {}): void {
    const node = this.node(name)
    const variables = this.#environments.get(name)!
    this.#endings.delete(name)
    Object.assign(variables, environment)
    node.start()
    for (const key of Object.keys(environment)) delete variables[key]
  }

  /** A signal to one node; `SIGKILL` goes through `node(name).kill()`. */
  signal(name: string, signal: 'SIGTERM' | 'SIGINT'): void {
    const { pid } = this.node(name)
    if (pid === undefined) throw new Error(`${name} does not run`)
    process.kill(pid, signal)
  }

  /** How a node ended that nobody killed: `exit status N`, or the name of a signal. */
  ended(name: string, boundMs: number = END_MS_MAX): Promise<string> {
    return waitFor(`the end of ${name}`, boundMs, () => this.#endings.get(name))
  }

  /** Everything a node logged as an event, in order, over all its runs. */
  events(name: string): readonly LoggedEvent[] {
    return this.#events.get(name) ?? []
  }

  /** What the nodes of a cluster logged of their elections, in order: for the message of a check that fails. */
  electionOf(cluster: string): string {
    const all = this.nodes.flatMap(({ files }) => {
      if (files.cluster !== cluster) return []
      return this.events(files.node).map((event) => ({ node: files.node, ...event }))
    })
    const told = all.filter(({ event }) => ELECTION_EVENTS.has(event)).sort((a, b) => a.at - b.at)
    return told.map((event) => JSON.stringify(event)).join('\n')
  }

  /** The whole log of a node, standard error included. */
  logOf(name: string): string {
    return readFileSync(this.#logFile(name), 'utf8')
  }

  /** kill -9 of workerd. */
  async killAuthority(): Promise<void> {
    const authority = this.#authority
    if (authority === null) return
    process.kill(authority.pid, 'SIGKILL')
    // Finds it dead, and waits until that is seen.
    await authority.stop()
    this.#watchdog.forget(authority.pid)
    this.#authority = null
  }

  /** With other secrets from now on, when they are given. */
  async startAuthority(secrets: AuthoritySecrets = this.#secrets): Promise<void> {
    this.#secrets = secrets
    const workerScript = this.#workerOf()
    this.#authority = await startLocalAuthority({
      ...(workerScript === undefined ? {} : { workerScript }),
      port: this.#authorityPort,
      persistFolder: join(this.files.folder, 'authority', 'state'),
      genesis: this.files.genesis,
      authorityKeyJwk: readFileSync(secrets.keyFile, 'utf8'),
      authorityChanges: (secrets.changes ?? []).map((file) => readFileSync(file, 'utf8').trim()).join('\n'),
    })
    this.#watchdog.watch(this.#authority.pid)
  }

  /** A client of these nodes, by default of all; closed with the network. */
  client(names?: readonly string[]): BatonClient {
    const nodes = names === undefined ? this.files.nodes : names.map((name) => this.node(name).files)
    const urls = nodes.map(({ apiAddress }) => apiAddress)
    const client = new BatonClient({ urls, attemptMs: 3_000, retryForMs: 60_000, route: 'turn' })
    this.#clients.push(client)
    return client
  }

  status(name: string): Promise<NodeStatus | null> {
    return readStatus(this.node(name).files)
  }

  async clusters(): Promise<ClusterView[]> {
    return clusterViews(this.files.nodes, await readStatuses(this.files.nodes))
  }

  async epochs(): Promise<Readonly<Record<string, number>>> {
    return Object.fromEntries((await this.clusters()).map(({ cluster, epoch }) => [cluster, epoch]))
  }

  /** The living master of a cluster under this epoch or a higher one; waits for one. */
  master(cluster: string, epochMin = 1): Promise<{ readonly name: string; readonly epoch: number }> {
    return waitFor(`a master of ${cluster} under epoch ${epochMin}`, SWITCH_MS_MAX, async () => {
      const view = (await this.clusters()).find((candidate) => candidate.cluster === cluster)
      if (view === undefined || view.master === null || view.epoch < epochMin) return undefined
      return { name: view.master, epoch: view.epoch }
    })
  }

  /** Waits until every node runs and follows, and each cluster has its master and standby. */
  whole(boundMs: number = WHOLE_MS_MAX): Promise<true> {
    return waitFor('the network to be whole', boundMs, async () => {
      const statuses = await readStatuses(this.files.nodes)
      const dead = this.nodes.find(({ running, frozen }) => !running && !frozen)
      if (dead !== undefined) throw this.#failure(dead.files.node)
      const ready = [...statuses.values()].every((status) => status !== null && status.resync === null)
      const views = clusterViews(this.files.nodes, statuses)
      const complete = ({ cluster, master, syncSet }: ClusterView) => {
        const size = this.files.nodes.filter((node) => node.cluster === cluster).length
        return master !== null && syncSet.length >= Math.min(2, size)
      }
      return ready && views.every(complete)
    })
  }

  /** Waits until all nodes have the same chain and result; its height. */
  agreed(): Promise<number> {
    return waitFor('all nodes to agree', WHOLE_MS_MAX, async () => agreedHeight(await readStatuses(this.files.nodes)))
  }

  /** Kills everything and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
    await Promise.all(this.nodes.map((node) => node.kill()))
    await this.#authority?.stop()
    this.#authority = null
    this.#watchdog.stop()
    this.#release()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #failure(name: string): Error {
    const why = this.#endings.get(name) ?? 'killed'
    return new Error(`${name} does not run (${why}); its log ends with\n${this.logOf(name).slice(-LOG_END_CHARACTERS)}`)
  }

  #logFile(name: string): string {
    return join(this.folder, 'logs', `${name}.log`)
  }

  #processOf(node: NodeFiles): NodeProcess {
    const events: LoggedEvent[] = []
    const environment = { ...compileCacheEnvironment(join(this.folder, 'compile-cache')) }
    this.#events.set(node.node, events)
    this.#environments.set(node.node, environment)
    return new NodeProcess(node, {
      environment,
      logFile: this.#logFile(node.node),
      watchdog: this.#watchdog,
      program: () => this.#programOf(node.node),
      onEvent: (event) => {
        events.push(event)
        this.timeline.record(node, event)
      },
      onDeath: (why) => void this.#endings.set(node.node, why),
    })
  }
}

/** The layout of two sites, with clusters of different sizes. */
function layoutOf(sizes: readonly number[]): readonly ClusterPlan[] {
  const clusters = sizes.map((_, index) => `c${index + 1}`)
  const plan = planLayout({
    layout: 'custom',
    clusters,
    sites: ['x', 'y'],
    nodesPerCluster: Math.max(...sizes),
  })
  return plan.map(({ cluster, nodes }, index) => ({ cluster, nodes: nodes.slice(0, sizes[index]) }))
}
