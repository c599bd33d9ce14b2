/** The outcome of judging a block: which fact about it is wrong, besides the code and the reason. */
import type { ErrorCode } from '../../errors.ts'

/**
 * What is wrong. `height` and `previous` may only mean that this node is elsewhere on the chain; `result` means that this
 * node and the proposer computed different results (GU4); all others are the proposer's fault.
 */
export type BlockFault =
  | 'network'
  | 'height'
  | 'previous'
  | 'result'
  | 'time'
  | 'proposer'
  | 'tokens'
  | 'commit'
  | 'transactions'

export interface BlockRefusal {
  readonly ok: false
  readonly fault: BlockFault
  readonly code: ErrorCode
  readonly why: string
}

export function refuse(fault: BlockFault, why: string, code: ErrorCode = 'PEER_MALFORMED'): BlockRefusal {
  return { ok: false, fault, code, why }
}
