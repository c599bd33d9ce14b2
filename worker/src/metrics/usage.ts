/**
 * What an object has used of what the platform bills, counted where it is used, since the object was last started. A figure and
 * nothing else: no decision reads it.
 */
import type { MetricSamples } from './prometheus-text.ts'

export interface UsageCounts {
  /** HTTP requests, upgrades to a WebSocket, calls of other objects and of the Worker, alarms. */
  readonly requests: number
  /** Frames that came over WebSockets; the platform bills many of them as one request. */
  readonly messages: number
  readonly rowsRead: number
  /** An alarm that is set is a row written, too. */
  readonly rowsWritten: number
}

export class Usage {
  requests = 0
  messages = 0
  rowsRead = 0
  rowsWritten = 0

  get counts(): UsageCounts {
    const { requests, messages, rowsRead, rowsWritten } = this
    return { requests, messages, rowsRead, rowsWritten }
  }
}

/** Every counter of an object; nothing else names one. */
export const USAGE_METRICS: Readonly<Record<string, { readonly help: string; readonly of: keyof UsageCounts }>> = {
  baton_edge_requests_total: { help: 'Requests, calls and alarms of the object', of: 'requests' },
  baton_edge_messages_total: { help: 'WebSocket frames that came to the object', of: 'messages' },
  baton_edge_rows_read_total: { help: 'Rows that the object has read', of: 'rowsRead' },
  baton_edge_rows_written_total: { help: 'Rows that the object has written, alarms included', of: 'rowsWritten' },
}

export function usageSamples(counts: UsageCounts): readonly MetricSamples[] {
  return Object.entries(USAGE_METRICS).map(([name, { help, of }]) => {
    return { name, help, type: 'counter', samples: [{ value: counts[of] }] }
  })
}
