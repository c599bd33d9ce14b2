/** The faults that the demo and the bench cause. Each strikes, waits until the chain lives without what it took, heals, and waits until the network is whole. */
import type { NodeFiles } from '../network/init.ts'
import type { ClusterEpoch, Fault } from './figures.ts'
import type { DemoNetwork } from './network.ts'
import { readStatus } from './node-status.ts'
import { nowMs } from './now.ts'
import { waitFor } from './wait.ts'
import { makeWrong, putRight } from './wrong-application.ts'

const BAR_MS_MAX = 30_000

export type Tell = (line: string) => void

/** kill -9 of one master. */
export async function killMaster(network: DemoNetwork, cluster: string, tell: Tell): Promise<Fault> {
  const { node, epoch } = await network.master(cluster)
  tell(`kill -9 ${node.files.node}, master of ${cluster} under epoch ${epoch}`)
  const atMs = nowMs()
  await node.kill()
  await network.switched([{ cluster, epoch }])
  tell(`${cluster} has a new master: restarting ${node.files.node}`)
  node.start()
  return healed('master-killed', network, atMs, [{ cluster, epoch }], tell)
}

/**
 * kill -9 of the control plane, and then of a master whose cluster is its own arbiter (MJ1): its members grant without anybody. Then both
 * come back.
 */
export async function loseEdgeAndMaster(network: DemoNetwork, cluster: string, tell: Tell): Promise<Fault> {
  tell('kill -9 of the control plane')
  await network.stopAuthority()
  const { node, epoch } = await network.master(cluster)
  tell(`kill -9 ${node.files.node}, master of ${cluster} under epoch ${epoch}`)
  const atMs = nowMs()
  await node.kill()
  await network.switched([{ cluster, epoch }])
  tell(`the members of ${cluster} have a new master: restarting ${node.files.node} and the control plane`)
  node.start()
  await network.startAuthority()
  return healed('edge-lost', network, atMs, [{ cluster, epoch }], tell)
}

/** SIGSTOP of one master: it keeps its connections and says nothing. It wakes up fenced. */
export async function freezeMaster(network: DemoNetwork, cluster: string, tell: Tell): Promise<Fault> {
  const { node, epoch } = await network.master(cluster)
  tell(`SIGSTOP ${node.files.node}, master of ${cluster} under epoch ${epoch}`)
  const atMs = nowMs()
  node.freeze()
  await network.switched([{ cluster, epoch }])
  tell(`${cluster} has a new master: waking ${node.files.node}`)
  node.thaw()
  return healed('master-frozen', network, atMs, [{ cluster, epoch }], tell)
}

/** kill -9 of every process of a site. */
export async function loseSite(network: DemoNetwork, site: string, tell: Tell): Promise<Fault> {
  const lost = network.nodes.filter(({ files }) => files.site === site)
  const names = new Set<string>(lost.map(({ files }) => files.node))
  const lostMasters = (await network.clusters())
    .filter(({ master }) => master !== null && names.has(master))
    .map(({ cluster, epoch }) => ({ cluster, epoch }))
  const clusters = lostMasters.map(({ cluster }) => cluster).join(', ')
  tell(`site ${site} is lost: kill -9 of ${lost.length} nodes, among them the masters of ${clusters}`)
  const atMs = nowMs()
  await Promise.all(lost.map((node) => node.kill()))
  await network.switched(lostMasters)
  tell(`${clusters} go on at the other site: restarting site ${site}`)
  await network.restart(lost)
  return healed('site-lost', network, atMs, lostMasters, tell)
}

/**
 * kill -9 of a whole sync set at once: nobody is left who knows what the cluster has promised. Another node goes on by recovery
 * (RG6): without a vote until its predecessor's cannot be contradicted any more (RC1–RC3). Then the standby comes back, and after it the old master.
 */
export async function killMasterAndStandby(network: DemoNetwork, cluster: string, tell: Tell): Promise<Fault> {
  const { node: master, epoch } = await network.master(cluster)
  const { syncSet } = (await network.clusters()).find((view) => view.cluster === cluster)!
  const standbys = network.nodes.filter((node) => node !== master && syncSet.includes(node.files.node))
  const lost = [...standbys, master]
  const names = lost.map(({ files }) => files.node).join(' and ')
  tell(`kill -9 ${names}, the whole sync set of ${cluster} under epoch ${epoch}`)
  const atMs = nowMs()
  await Promise.all(lost.map((node) => node.kill()))
  const lostMasters = [{ cluster, epoch }]
  await network.switched(lostMasters)
  tell(`${(await network.master(cluster)).node.files.node} goes on for ${cluster}, recovering: it does not vote yet`)
  await network.recovered({ cluster, epoch: epoch + 1 })
  tell(`${cluster} votes again: restarting ${names}`)
  await network.restart(lost)
  return healed('master-and-standby-killed', network, atMs, lostMasters, tell)
}

/** One master computes wrong results: nobody takes it away but the authentication node, and it comes back with its program put right. */
export async function spoilMaster(network: DemoNetwork, cluster: string, tell: Tell): Promise<Fault> {
  const { node, epoch } = await network.master(cluster)
  const { files } = node
  tell(`${files.node}, master of ${cluster} under epoch ${epoch}, computes wrong results from now on`)
  const atMs = nowMs()
  makeWrong(files)
  await network.switched([{ cluster, epoch }])
  const barred = await waitFor(
    `the bar on ${files.node}`,
    BAR_MS_MAX,
    async () => (await quarantineOf(files)) ?? undefined,
  )
  tell(`${cluster} has a new master by order (${barred.why}): ${files.node} is put right and executes every block anew`)
  await node.kill()
  putRight(files)
  node.start()
  await network.whole()
  await waitFor(`the end of the bar on ${files.node}`, BAR_MS_MAX, async () => (await quarantineOf(files)) === null)
  return healed('wrong-results', network, atMs, [{ cluster, epoch }], tell)
}

/** Undefined: it does not answer. */
async function quarantineOf(files: NodeFiles) {
  return (await readStatus(files))?.quarantine
}

async function healed(
  name: string,
  network: DemoNetwork,
  atMs: number,
  lostMasters: readonly ClusterEpoch[],
  tell: Tell,
): Promise<Fault> {
  await network.whole()
  tell('every node has rejoined and caught up')
  return { case: name, atMs, healedAtMs: nowMs(), lostMasters }
}
