/** What the keys of the live view do to the network. Each returns the sentence to show. */
import type { DemoNetwork } from '../network.ts'
import { askSwitchover } from '../switchover.ts'
import type { Observer } from './observer.ts'

export class Commands {
  readonly #network: DemoNetwork
  readonly #observer: Observer

  constructor(network: DemoNetwork, observer: Observer) {
    this.#network = network
    this.#observer = observer
  }

  async killMaster(cluster: string): Promise<string> {
    const node = await this.#master(cluster)
    if (node === undefined) return `${cluster} has no master at the moment`
    this.#observer.struck([cluster])
    await node.kill()
    return `killed ${node.files.node}, the master of ${cluster}`
  }

  async freezeMaster(cluster: string): Promise<string> {
    const node = await this.#master(cluster)
    if (node === undefined) return `${cluster} has no master at the moment`
    this.#observer.struck([cluster])
    node.freeze()
    return `froze ${node.files.node}, the master of ${cluster}: it keeps its connections and says nothing`
  }

  /** The site where the cluster's master is. */
  async killSite(cluster: string): Promise<string> {
    const master = await this.#master(cluster)
    if (master === undefined) return `${cluster} has no master at the moment`
    const { site } = master.files
    const lost = this.#network.nodes.filter(({ files }) => files.site === site)
    const names = new Set<string>(lost.map(({ files }) => files.node))
    const clusters = (await this.#network.clusters()).filter((view) => view.master !== null && names.has(view.master))
    this.#observer.struck(clusters.map((view) => view.cluster))
    await Promise.all(lost.map((node) => node.kill()))
    return `killed all ${lost.length} nodes of site ${site.toUpperCase()}`
  }

  /** Planned, and no fault. What speaks against it, the authentication node says. */
  async switchOver(cluster: string): Promise<string> {
    const node = await this.#master(cluster)
    if (node === undefined) return `${cluster} has no master at the moment`
    await askSwitchover(this.#network, cluster)
    return `a switchover of ${cluster} is under way: ${node.files.node} goes on until its standby has taken over`
  }

  /** Wakes what is frozen and restarts what is dead. */
  async heal(): Promise<string> {
    const { woken, started } = await this.#network.heal()
    if (woken + started === 0) return 'nothing to heal: every node runs'
    return `woke ${woken} and restarted ${started} nodes`
  }

  async #master(cluster: string) {
    const view = (await this.#network.clusters()).find((candidate) => candidate.cluster === cluster)
    return this.#network.nodes.find(({ files }) => files.node === view?.master)
  }
}
