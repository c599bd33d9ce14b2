/** `baton pause`, `resume`, `recovery …` and `restore …`: what operators say that then stands in the registry. */
import { randomUUID } from 'node:crypto'
import { BatonError } from '@baton/shared/errors'
import { parseDuration } from '../duration.ts'
import { type Act, type ActOptions, perform } from './act.ts'
import { connected } from './connection.ts'

export interface PauseOptions extends ActOptions {
  readonly for: string
}

export interface RaiseOptions extends ActOptions {
  readonly to?: number
  readonly bar?: readonly string[]
  readonly order?: readonly string[]
}

async function act(options: ActOptions, asked: Act): Promise<void> {
  await connected(options, async ({ client }) => void (await perform(client, asked, options)))
}

/** RG10. */
export async function pause(cluster: string, options: PauseOptions): Promise<void> {
  await act(options, { name: 'pause', cluster, fields: { forMs: parseDuration('--for', options.for) } })
}

export async function resume(cluster: string, options: ActOptions): Promise<void> {
  await act(options, { name: 'resume', cluster })
}

/** RG6. */
export async function confirmFenced(cluster: string, options: ActOptions): Promise<void> {
  const danger = `You confirm that no host of ${cluster} that was in its sync set can still sign: if one can, the cluster may contradict itself.`
  await act(options, { name: 'confirm-fenced', cluster, danger })
}

/** RG6. */
export async function allowDataLoss(node: string, options: ActOptions): Promise<void> {
  await connected(options, async ({ client, operator }) => {
    const danger = `${node} may take over once with whatever it has: what only the lost nodes knew is given up, and the cluster recovers before it votes.`
    const { cluster } = operator
    await perform(client, { name: 'allow-data-loss', cluster, fields: { node }, danger }, options)
  })
}

/** RC4. */
export async function endRecovery(cluster: string, options: ActOptions): Promise<void> {
  const danger = `${cluster} will vote at once, though not all others know of its new master: if its predecessor still runs, the cluster may contradict itself.`
  await act(options, { name: 'end-recovery', cluster, danger })
}

/** RG8. */
export async function freeze(cluster: string, options: ActOptions): Promise<void> {
  const danger = `${cluster} will be granted and changed nothing, so it cannot fail over, until its generation is raised.`
  await act(options, { name: 'freeze', cluster, danger })
}

/** RG8. */
export async function raiseGeneration(cluster: string, options: RaiseOptions): Promise<void> {
  await connected(options, async ({ client }) => {
    const { state } = await client.status(cluster)
    const generation = options.to ?? (state === null ? null : state.generation + 1)
    if (generation === null) {
      throw new BatonError('BAD_REQUEST', 'this registry knows no generation to count on from', {
        remedy: 'give --to N, higher than any generation that the nodes have seen: baton status',
      })
    }
    const danger = `What the registry of ${cluster} says of master and sync set becomes void; generation ${generation} begins when its members have shown what they hold.`
    const orders = (options.order ?? []).map((node) => {
      return { id: randomUUID(), node, cause: 'operator', why: options.reason ?? 'entered again in a restore' }
    })
    const fields = { generation, bars: options.bar ?? [], orders }
    await perform(client, { name: 'raise-generation', cluster, fields, danger }, options)
  })
}

/** RG8. */
export async function acceptIncomplete(cluster: string, options: ActOptions): Promise<void> {
  const danger = `Members of ${cluster} that have shown nothing are not waited for: who is granted next recovers before it votes.`
  await act(options, { name: 'accept-incomplete-restore', cluster, danger })
}
