/** Waits until the master has changed, or until it is clear that it will not. */
import { BatonError } from '@baton/shared/errors'
import { formatToken } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { AuthorityClient } from '../../client/authority-client.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'

const LOOK_MS = 200

/**
 * `before`: the registry when the switch was asked for.
 * @throws BatonError NOT_ELECTABLE with the reason when a switchover was dropped
 */
export async function awaitSwitch(
  client: AuthorityClient,
  cluster: string,
  before: RegistryView,
  { json }: OutputOptions,
): Promise<void> {
  const began = performance.now()
  while (performance.now() - began < LIMITS.switchoverMs + 5_000) {
    const { state } = await client.status(cluster)
    if (state !== null && state.epoch > before.epoch) {
      const seconds = ((performance.now() - began) / 1_000).toFixed(1)
      const token = formatToken(state)
      if (json === true) printJson({ switched: state.master !== before.master, master: state.master, token })
      else print(`${state.master} is master, epoch ${token}, after ${seconds} s`)
      if (state.master !== before.master) return
      throw new BatonError('NOT_ELECTABLE', `nobody has taken over from ${before.master}: it went on under a new epoch`)
    }
    if (state !== null && state.switchover === null && state.orders.length === 0) {
      throw new BatonError('NOT_ELECTABLE', `the switch was dropped: ${await droppedWhy(client, cluster)}`, {
        remedy: `see what is missing with: baton explain ${cluster}`,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  const text = `the order stands and waits until another node can take over: baton explain ${cluster}`
  if (json === true) printJson({ switched: false, why: text })
  else print(text)
}

async function droppedWhy(client: AuthorityClient, cluster: string): Promise<string> {
  let why = 'the events say why, or the log of the members'
  for (let after = 0; ; ) {
    // A member that is asked in the edge's place has no log of events (MJ1).
    const page = await client.events(cluster, after).catch(() => [])
    for (const { event } of page) if (event.event === 'switchover-dropped') why = event.why
    if (page.length === 0) return why
    after = page.at(-1)!.seq
  }
}
