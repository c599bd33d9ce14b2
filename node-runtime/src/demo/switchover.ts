/** A planned change of master, asked for as an operator does: at the authentication node, with a token that the cluster's owner signed (ID7). */
import { randomUUID } from 'node:crypto'
import { AuthorityClient } from '../client/authority-client.ts'
import { signOperatorToken } from '../identity/operator-token.ts'
import type { Tell } from './faults.ts'
import type { ClusterEpoch, Fault } from './figures.ts'
import type { Load } from './load.ts'
import type { DemoNetwork } from './network.ts'
import { nowMs } from './now.ts'
import { waitFor } from './wait.ts'

const TOKEN_MS = 600_000
/** Answers to wait for once the network is whole: a request that the switch has hurt has failed by then. */
const ANSWERS_AFTER = 200
const ANSWERS_MS_MAX = 30_000

export interface AskedSwitchover {
  /** The mastership that is to end. */
  readonly ending: ClusterEpoch
  readonly atMs: number
}

/** Resolves when it is taken in, not when it is done. @throws BatonError NOT_ELECTABLE, SETTLING, PAUSED, UNREACHABLE … */
export async function askSwitchover(network: DemoNetwork, cluster: string): Promise<AskedSwitchover> {
  const { genesis } = network.files
  const issuedAt = Date.now()
  const operator = { cluster, name: 'demo', role: 'operator', issuedAt, expiresAt: issuedAt + TOKEN_MS } as const
  const { token } = await signOperatorToken(genesis, operator, await network.owner(cluster))
  const { epoch } = await network.master(cluster)
  const client = new AuthorityClient({ url: network.authorityUrl, network: genesis.network, token })
  try {
    const atMs = nowMs()
    await client.act(cluster, 'switchover', {
      id: randomUUID(),
      to: null,
      at: 0,
      why: 'shown by baton demo',
      dryRun: false,
    })
    return { ending: { cluster, epoch }, atMs }
  } finally {
    await client.close()
  }
}

/** The master is relieved while it lives: the span that clients' requests are judged over lasts until they go on as before. */
export async function switchOver(network: DemoNetwork, load: Load, cluster: string, tell: Tell): Promise<Fault> {
  const before = await network.master(cluster)
  tell(
    `an operator asks for a switchover of ${cluster}: ${before.node.files.node} is master under epoch ${before.epoch}`,
  )
  const { ending, atMs } = await askSwitchover(network, cluster)
  await network.switched([ending])
  tell(`${(await network.master(cluster)).node.files.node} is master of ${cluster}; the old one follows`)
  await network.whole()
  const enough = load.acknowledged.length + ANSWERS_AFTER
  await waitFor('answers after the switch', ANSWERS_MS_MAX, () => load.acknowledged.length >= enough || load.held)
  return { case: 'planned', atMs, healedAtMs: nowMs(), lostMasters: [ending], planned: true }
}
