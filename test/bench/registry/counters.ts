/** The counters of the objects of the control plane, read over its metrics routes. */
import type { MeasuredNetwork } from './network.ts'

export interface Counted {
  readonly requests: number
  readonly messages: number
  readonly rowsRead: number
  readonly rowsWritten: number
}

const NAMES: { readonly [Key in keyof Counted]: string } = {
  requests: 'baton_edge_requests_total',
  messages: 'baton_edge_messages_total',
  rowsRead: 'baton_edge_rows_read_total',
  rowsWritten: 'baton_edge_rows_written_total',
}

/** Of a cluster: owners' keys, whether the operator may, its status, its explanation and its counters. Of a directory: the first two and the last. */
const CALLS = { cluster: 5, directory: 3 }
const AT_ONCE = 16

/** All objects of these networks together. */
export async function readCounters(networks: readonly MeasuredNetwork[]): Promise<Counted> {
  const addresses = networks.flatMap(({ genesis, members, authority }) => {
    const base = `${authority.url}/v1/networks/${genesis.network}`
    const directory = { url: `${base}/metrics`, viewer: members[0]!.viewer }
    return [
      directory,
      ...members.map(({ cluster, viewer }) => ({ url: `${base}/clusters/${cluster.cluster}/metrics`, viewer })),
    ]
  })
  let sum: Counted = { requests: 0, messages: 0, rowsRead: 0, rowsWritten: 0 }
  for (let at = 0; at < addresses.length; at += AT_ONCE) {
    const read = await Promise.all(addresses.slice(at, at + AT_ONCE).map(({ url, viewer }) => readOne(url, viewer)))
    sum = read.reduce((total, one) => combine(total, one, (a, b) => a + b), sum)
  }
  return sum
}

/** What was used between two readings, without the second one's own calls. */
export function usedBetween(before: Counted, after: Counted, networks: readonly MeasuredNetwork[]): Counted {
  const own = networks.reduce((sum, { members }) => sum + CALLS.directory + CALLS.cluster * members.length, 0)
  const used = combine(after, before, (a, b) => a - b)
  return { ...used, requests: used.requests - own }
}

function combine(a: Counted, b: Counted, how: (a: number, b: number) => number): Counted {
  return {
    requests: how(a.requests, b.requests),
    messages: how(a.messages, b.messages),
    rowsRead: how(a.rowsRead, b.rowsRead),
    rowsWritten: how(a.rowsWritten, b.rowsWritten),
  }
}

async function readOne(url: string, viewer: string): Promise<Counted> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${viewer}` } })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text}`)
  const value = (name: string) => {
    const found = new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(text)
    if (found === null) throw new Error(`${url} has no ${name}`)
    return Number(found[1])
  }
  const { requests, messages, rowsRead, rowsWritten } = NAMES
  return {
    requests: value(requests),
    messages: value(messages),
    rowsRead: value(rowsRead),
    rowsWritten: value(rowsWritten),
  }
}
