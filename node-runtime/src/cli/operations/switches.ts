/** `baton switchover`, `failover`, `evict` and `clear`: who is master, and who may not be. */
import { randomUUID } from 'node:crypto'
import { BatonError } from '@baton/shared/errors'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { AuthorityClient } from '../../client/authority-client.ts'
import { parseTime } from '../duration.ts'
import { type ActOptions, perform } from './act.ts'
import { awaitSwitch } from './await-switch.ts'
import { connected } from './connection.ts'

export interface SwitchOptions extends ActOptions {
  readonly to?: string
  readonly at?: string
  readonly cancel?: boolean
  readonly wait?: boolean
}

/** Lossless: the master hands over in writing, nobody is barred. @throws BatonError NOT_ELECTABLE, SETTLING, PAUSED … */
export async function switchover(cluster: string, options: SwitchOptions): Promise<void> {
  const at = options.at === undefined ? 0 : parseTime('--at', options.at, Date.now())
  await connected(options, async ({ client }) => {
    if (options.cancel === true) {
      await perform(client, { name: 'cancel-switchover', cluster }, options)
      return
    }
    const before = await founded(client, cluster)
    const fields = { id: randomUUID(), to: options.to ?? null, at }
    const done = await perform(client, { name: 'switchover', cluster, fields, seen: masterOf }, options)
    if (done?.state?.switchover?.due === true && options.wait !== false) {
      await awaitSwitch(client, cluster, before, options)
    }
  })
}

/** Forced (RG9): an order against the master, and the bar on it. */
export async function failover(cluster: string, options: SwitchOptions): Promise<void> {
  await connected(options, async ({ client }) => {
    const before = await founded(client, cluster)
    const { master } = before
    const danger = `${master} will lose the mastership of ${cluster} as soon as another node can take over, and stays barred until it has verified itself or is cleared.`
    const fields = { id: randomUUID(), node: master }
    const done = await perform(client, { name: 'order', cluster, fields, danger, seen: masterOf }, options)
    if (done !== null && options.wait !== false) await awaitSwitch(client, cluster, before, options)
  })
}

/** Takes a node out for good (RG9). */
export async function evict(node: string, options: ActOptions): Promise<void> {
  await connected(options, async ({ client, operator }) => {
    const { cluster } = operator
    const { master } = await founded(client, cluster)
    const switches = node === master ? ' It is the master: another node takes over first.' : ''
    const danger = `${node} will never be elected again until an operator clears it, and leaves the sync set as soon as another node can take its place or its process ends.${switches}`
    const fields = { id: randomUUID(), node }
    await perform(client, { name: 'evict', cluster, fields, danger, seen: masterOf }, options)
  })
}

/** Lifts the bar on a node (RG9). */
export async function clear(node: string, options: ActOptions): Promise<void> {
  await connected(options, async ({ client, operator }) => {
    const danger = `${node} may be elected again, whether or not it has verified itself.`
    await perform(client, { name: 'clear', cluster: operator.cluster, fields: { node }, danger }, options)
  })
}

const masterOf = ({ generation, epoch, master }: RegistryView): string => `${generation}.${epoch} ${master}`

async function founded(client: AuthorityClient, cluster: string): Promise<RegistryView> {
  const { state } = await client.status(cluster)
  if (state !== null) return state
  throw new BatonError('NOT_ELECTABLE', `${cluster} has no master yet: its founder has not registered`)
}
