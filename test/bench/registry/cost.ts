/** What the control plane costs in a month: counted figures in, US dollars out. */

/**
 * Public prices of Cloudflare (Workers Paid, Durable Objects with SQLite) as known in 2025, in US dollars. They change: check them at
 * https://developers.cloudflare.com/durable-objects/platform/pricing/ before a decision rests on them.
 */
export const PRICES = {
  knownIn: '2025',
  /** Of the plan, in a month. */
  base: 5,
  workerRequests: { included: 10e6, perMillion: 0.3 },
  /** Calls, upgrades, alarms; of the frames that come over WebSockets one in 20. */
  requests: { included: 1e6, perMillion: 0.15 },
  messagesPerRequest: 20,
  /** GB-s of an object that is at work; one that could hibernate is not billed. */
  duration: { included: 400e3, perMillion: 12.5 },
  objectGB: 0.128,
  rowsRead: { included: 25e9, perMillion: 0.001 },
  rowsWritten: { included: 50e6, perMillion: 1 },
  /** GB-month. */
  storage: { included: 5, perUnit: 0.2 },
} as const

/** What is used in a time, of whatever length. */
export interface EdgeUsage {
  /** Requests to the Worker, upgrades to a WebSocket among them. */
  readonly workerRequests: number
  /** Requests, calls and alarms of the objects, without frames. */
  readonly requests: number
  /** Frames that nodes have sent. */
  readonly messages: number
  /** Seconds in which an object was at work. */
  readonly activeSeconds: number
  readonly rowsRead: number
  readonly rowsWritten: number
}

export interface MonthlyCost {
  readonly total: number
  readonly workerRequests: number
  readonly requests: number
  readonly duration: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly storage: number
}

const HOURS_PER_MONTH = 730

/** Of `nodes` nodes, each of which uses `perNodeHour` and has `storedGB` on disk. US dollars, the plan included. */
export function monthlyCost(perNodeHour: EdgeUsage, nodes: number, storedGB: number): MonthlyCost {
  const inMonth = (perHour: number) => perHour * nodes * HOURS_PER_MONTH
  const { workerRequests, requests, messages, activeSeconds, rowsRead, rowsWritten } = perNodeHour
  const parts = {
    workerRequests: price(inMonth(workerRequests), PRICES.workerRequests),
    requests: price(inMonth(requests + messages / PRICES.messagesPerRequest), PRICES.requests),
    duration: price(inMonth(activeSeconds) * PRICES.objectGB, PRICES.duration),
    rowsRead: price(inMonth(rowsRead), PRICES.rowsRead),
    rowsWritten: price(inMonth(rowsWritten), PRICES.rowsWritten),
    storage: Math.max(0, storedGB * nodes - PRICES.storage.included) * PRICES.storage.perUnit,
  }
  const used = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return { total: PRICES.base + used, ...parts }
}

function price(
  used: number,
  { included, perMillion }: { readonly included: number; readonly perMillion: number },
): number {
  return (Math.max(0, used - included) / 1e6) * perMillion
}
