/** `baton explain` and `baton events`. */

import type { ToldEvent } from '../../client/authority-client.ts'
import { print, printJson } from '../command-io.ts'
import { connected, type OperatorOptions } from './connection.ts'

export interface EventsOptions extends OperatorOptions {
  readonly follow?: boolean
  readonly after?: number
}

const WAIT_SECONDS = 20

/** Could it fail over right now, to whom, and what is missing. */
export async function explain(cluster: string, options: OperatorOptions): Promise<void> {
  await connected(options, async ({ client }) => {
    const told = await client.explain(cluster)
    if (options.json === true) {
      printJson(told)
      return
    }
    const { lines, switchover, alerts } = told
    for (const line of lines) print(line)
    if (switchover.to !== null) print(`A switchover would go to ${switchover.to}: baton switchover ${cluster}`)
    else print(`A switchover is not possible now: ${switchover.why}.`)
    for (const { code } of alerts) print(`ALERT ${code}`)
  })
}

/** The hash-chained log of a cluster, oldest first; `--follow` goes on until it is interrupted. */
export async function events(cluster: string, options: EventsOptions): Promise<void> {
  await connected(options, async ({ client }) => {
    for (let after = options.after ?? 0; ; ) {
      const page = await client.events(cluster, after)
      for (const event of page) show(event, options)
      after = page.at(-1)?.seq ?? after
      if (page.length > 0) continue
      if (options.follow !== true) return
      const next = await client.events(cluster, after, WAIT_SECONDS)
      for (const event of next) show(event, options)
      after = next.at(-1)?.seq ?? after
    }
  })
}

function show(told: ToldEvent, { json }: EventsOptions): void {
  if (json === true) {
    printJson(told)
    return
  }
  const { seq, at, event } = told
  const code = event.code === null ? '' : ` [${event.code}]`
  print(`${seq}  ${new Date(at).toISOString()}  ${event.event}${code}  ${event.who}: ${event.why}`)
}
