/** What the node's machine did not take: counted, and told where a peer has brought something that would have changed who is master (RG11). */
import type { NodeInput } from '@baton/shared/core/node/io'
import type { Rejection } from '@baton/shared/core/step'
import type { Log } from '@baton/shared/ports/log'
import type { Metrics } from '../adapters/metrics.ts'
import type { RefusalLog } from './refusal-log.ts'

export interface RejectedInputsPorts {
  readonly metrics: Pick<Metrics, 'add'>
  readonly refusals: Pick<RefusalLog, 'refused'>
  readonly log: Pick<Log, 'debug'>
}

export function tellRejected(
  { metrics, refusals, log }: RejectedInputsPorts,
  { code, why }: Rejection,
  input: NodeInput,
): void {
  metrics.add('baton_rejected_inputs_total', 1, { code })
  if (input.i === 'granted' && input.from !== null) {
    refusals.refused({ event: 'peer-message-refused', kind: code, source: input.from, code, why })
  } else {
    log.debug({ event: 'rejected', input: input.i, code, why }, why)
  }
}
