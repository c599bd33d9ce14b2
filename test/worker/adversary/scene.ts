/** What an attack leaves behind: rows and events of the two objects, read past everything that they say of themselves. */
import { runInDurableObject } from 'cloudflare:test'
import type { ChainedEvent } from '@baton/shared/core/registry/event-chain'
import type { ClusterId } from '@baton/shared/ids'
import type { Result } from '@baton/shared/result'
import { authority, directory } from '../audited.ts'
import { eventually } from '../eventually.ts'

type Stub = ReturnType<typeof authority> | ReturnType<typeof directory>
export type Rows = Readonly<Record<string, readonly unknown[]>>
export interface TestEvent {
  readonly event: string
  readonly who?: string
  readonly code?: string | null
}

/** Logs and counters, which grow with every refusal; and what an authority remembers of the directory, which grows by itself. */
const GROWING = ['events', 'attempts', 'migrations', 'alerts']
const REMEMBERED = "key NOT IN ('masters', 'directory-knows')"

/** Every row of every other table, new tables included. */
async function rowsOf(stub: Stub): Promise<Rows> {
  return runInDurableObject(stub as ReturnType<typeof authority>, (_object, { storage: { sql } }) => {
    const names = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .toArray()
    const tables = names
      .map(({ name }) => name)
      .filter((name) => !/^(_cf_|sqlite_)/.test(name) && !GROWING.includes(name))
    const read = (table: string) => sql.exec(`SELECT * FROM ${table} ${table === 'meta' ? `WHERE ${REMEMBERED}` : ''}`)
    return Object.fromEntries(tables.map((table) => [table, read(table).toArray()]))
  })
}

/** What is on the disks of the authority of a cluster and of the directory. */
export async function durable(cluster: ClusterId): Promise<{ readonly authority: Rows; readonly directory: Rows }> {
  return { authority: await rowsOf(authority(cluster)), directory: await rowsOf(directory()) }
}

/** The same, once nothing is on its way between the two any more. */
export async function settled(cluster: ClusterId): ReturnType<typeof durable> {
  let before = ''
  return eventually(async () => {
    const now = await durable(cluster)
    const text = JSON.stringify(now)
    const same = text === before
    before = text
    if (!same) throw new Error('rows still change')
    return now
  }, 30)
}

type Log = Pick<ReturnType<typeof directory>, 'events'>

async function page(read: Promise<unknown>): Promise<readonly ChainedEvent[]> {
  const events = (await read) as Result<readonly ChainedEvent[]>
  if (!events.ok) throw new Error(events.why)
  return events.value
}

/** Number of the last event of a log. */
export async function lastSeq(where: ClusterId | 'directory'): Promise<number> {
  let last = 0
  for (;;) {
    const events = await eventsAfter(where, last)
    if (events.length === 0) return last
    last = events.at(-1)!.seq
  }
}

/** Oldest first, one page. */
export function eventsAfter(where: ClusterId | 'directory', seq: number): Promise<readonly ChainedEvent[]> {
  if (where === 'directory') return page((directory() as unknown as Log).events(seq, 200))
  const query = { after: seq, limit: 200, waitMs: 0 }
  const nobody = { call: 'GET events', operator: null, refusal: null }
  return page(authority(where).events(where, query, nobody) as Promise<unknown>)
}

export async function toldAfter(where: ClusterId | 'directory', seq: number): Promise<readonly TestEvent[]> {
  return (await eventsAfter(where, seq)).map(({ event }) => event as unknown as TestEvent)
}
