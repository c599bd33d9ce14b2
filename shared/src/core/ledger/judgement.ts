/** The outcome of judging a block: which fact about it is wrong, besides the code and the reason. */
import type { ErrorCode } from '../../errors.ts'

/**
 * What is wrong. `height` and `previous` may only mean that this node is elsewhere on the chain; `result` means that this
 * node and the proposer computed different results (GU4); `recovering`, that the proposer has not heard of a recovering master yet (NW3);
 * all others are the proposer's fault.
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
  | 'recovering'

const NOBODYS: ReadonlySet<BlockFault> = new Set(['height', 'previous', 'result', 'recovering'])

/** NW5: a correct proposer never makes such a block. */
export function isProposersFault(fault: BlockFault): boolean {
  return !NOBODYS.has(fault)
}

export interface BlockRefusal {
  readonly ok: false
  readonly fault: BlockFault
  readonly code: ErrorCode
  readonly why: string
}

export function refuse(fault: BlockFault, why: string, code: ErrorCode = 'PEER_MALFORMED'): BlockRefusal {
  return { ok: false, fault, code, why }
}
