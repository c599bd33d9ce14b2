/** Every bound of the system by name. A queue, batch or message without one here is a bug. */
import type { Ms } from './ids.ts'

export const LIMITS = {
  /** A signed transaction, encoded, in bytes. */
  transactionBytes: 64 * 1024,
  /** Transactions in one block. */
  blockTransactions: 2_000,
  /** An encoded block, in bytes. */
  blockBytes: 4 * 1024 * 1024,
  /** Transactions waiting in one node. */
  mempoolTransactions: 20_000,
  mempoolBytes: 64 * 1024 * 1024,
  /** One frame on a peer link, in bytes: a block and its envelope. */
  peerFrameBytes: 8 * 1024 * 1024,
  /** Bytes queued for one peer before its link is closed: it re-attaches and catches up. */
  peerQueueBytes: 64 * 1024 * 1024,
  /** One frame on the control link, in bytes. */
  controlFrameBytes: 256 * 1024,
  /** Body of an HTTP request to the control plane, in bytes. */
  controlBodyBytes: 64 * 1024,
  /** Clusters in a network, nodes in a cluster. */
  clusters: 64,
  nodesPerCluster: 32,
  /** Log entries or blocks in one catch-up message. */
  appendEntries: 256,
  appendBytes: 2 * 1024 * 1024,
  blockRange: 64,
  /** Decided heights whose log entries are kept for followers that lag (GU6). */
  logHeightsKept: 64,
  /** Rounds of one height, and heights ahead, for which votes are kept. */
  roundsKept: 64,
  heightsAhead: 4,
  /** One turn of the event loop with cryptography in it. */
  turnMs: 10 as Ms,
} as const
