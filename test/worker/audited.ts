/** The masters of all clusters as the directory hears them, and what it makes of what they say. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Proposal, Vote } from '@baton/shared/core/consensus/messages'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import type { Findings, ResultReport } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Epoch, Generation, Hash, Height, Round } from '@baton/shared/ids'
import { signBytesOf, stateEquivocation } from '@baton/shared/protocol/findings'
import type { Result } from '@baton/shared/result'
import { eventually } from './eventually.ts'
import { CLUSTERS, NETWORK } from './network.ts'
import { TestNode } from './test-node.ts'

/** Of 13 clusters, one of them its own arbiter: f is 4, and more than two thirds are 9. */
export const TWO_THIRDS = 9
export const F = 4

export const RIGHT = 'a'.repeat(64) as Hash
export const WRONG = 'b'.repeat(64) as Hash

export function directory() {
  return env.NETWORK_DIRECTORY.getByName(NETWORK)
}

export function authority(cluster: ClusterId) {
  return env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`)
}

/** A master of every cluster, known to the directory. */
export async function allMasters(): Promise<readonly TestNode[]> {
  const masters = await Promise.all(CLUSTERS.map((cluster) => TestNode.online(cluster, 'a')))
  const told = async () => {
    const table = await directory().table()
    if (!table.ok || table.value.masters.length < CLUSTERS.length) throw new Error('not all are listed')
    if ((await confirmed(table.value.version)) < CLUSTERS.length) throw new Error('not all have the table')
  }
  await eventually(told)
  return masters
}

/** Authorities that have confirmed this version of the table. */
function confirmed(version: number): Promise<number> {
  return runInDurableObject(directory(), (_object, { storage }) => {
    const query = 'SELECT count(*) AS clusters FROM pushed WHERE version >= ?'
    return Number(storage.sql.exec(query, version).one().clusters)
  })
}

export async function reportOf(
  master: TestNode,
  results: readonly { height: number; result: Hash }[],
  changes: Partial<ResultReport> = {},
  signer = master,
): Promise<string> {
  const { generation, epoch } = master.known
  const { cluster, node } = master
  const said = results.map(({ height, result }) => ({ height, block: RIGHT, result }))
  const report = { network: NETWORK, cluster, generation, epoch, node, results: said, heard: [], ...changes }
  return signStatement('resultReport', report, signer.keys.privateKey)
}

/** Brought by the session of `by`. */
export async function bring(kind: 'results' | 'findings', statement: string, by: TestNode): Promise<Result<null>> {
  return directory()[kind](statement as never, { cluster: by.cluster, node: by.node })
}

/** These masters report the same result of a height. */
export async function agree(masters: readonly TestNode[], height: number, result = RIGHT): Promise<void> {
  for (const master of masters) {
    const answer = await bring('results', await reportOf(master, [{ height, result }]), master)
    if (!answer.ok) throw new Error(answer.why)
  }
}

export async function findingsOf(
  master: TestNode,
  found: Partial<Pick<Findings, 'evidence' | 'accusations' | 'credentials' | 'cluster' | 'node'>>,
): Promise<string> {
  const { generation, epoch } = master.known
  const { cluster, node } = master
  const base = { network: NETWORK, cluster, generation, epoch, node, credentials: [], evidence: [], accusations: [] }
  return signStatement('findings', { ...base, ...found }, master.keys.privateKey)
}

export function accusation(against: TestNode, height: number): Findings['accusations'][number] {
  const { generation, epoch } = against.known
  return { cluster: against.cluster, generation, epoch, node: against.node, height, round: 0 }
}

/** Two different prevotes of a master for one height, signed by `signer`. */
export async function twoVotes(master: TestNode, height: number, signer = master) {
  const vote = async (block: Hash | null): Promise<Vote> => {
    const act: Omit<Vote, 'signature'> = { ...spoken(master, height), type: 'prevote', block }
    return { ...act, signature: await signed(act as Vote, signer) }
  }
  return stateEquivocation({ cluster: master.cluster, first: await vote(RIGHT), second: await vote(null) })
}

function spoken(master: TestNode, height: number) {
  const { generation, epoch } = master.known
  return { cluster: master.cluster, generation, epoch, height: height as Height, round: 0 as Round }
}

function signed(act: Vote | Proposal, { keys }: TestNode): Promise<Uint8Array> {
  return signEd25519(keys.privateKey as never, signBytesOf(NETWORK, act))
}

export type DirectoryEvent = { readonly event: string; readonly [field: string]: unknown }

/** Of the directory, oldest first, by default those about its audit. */
export async function eventsOf(name?: string): Promise<readonly DirectoryEvent[]> {
  const page = (await directory().events(0, 1_000)) as unknown as Result<readonly ChainedEvent[]>
  if (!page.ok) throw new Error(page.why)
  const events = page.value.map(({ event }) => event as unknown as DirectoryEvent)
  return events.filter(({ event }) => (name === undefined ? event !== 'master' : event === name))
}

export const OLD = { generation: 0 as Generation, epoch: 1 as Epoch }
