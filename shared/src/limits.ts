/** Every bound of the system by name. A queue, batch or message without one here is a bug. */
import type { Ms } from './ids.ts'

export const LIMITS = {
  /** A signed transaction, encoded, in bytes. */
  transactionBytes: 64 * 1024,
  /** A record's key in characters, its value in bytes of UTF-8. */
  recordKeyCharacters: 256,
  recordValueBytes: 32 * 1024,
  /** Versions in one answer about a record's history. */
  historyVersions: 32,
  /** A key of the application's state, in characters. */
  stateKeyCharacters: 512,
  /** Reported heights that the audit keeps for each cluster. */
  auditHeights: 1_024,
  /** Errors that count against one master, and acts it was counted for; accusations of it by one other cluster (NW4, NW5). */
  auditErrors: 256,
  auditAccusations: 16,
  /** The directory sends an order again after this long without an answer (RG9). */
  orderAgainMs: 1_000 as Ms,
  /** One that was recorded is asked after so often: an operator may have dealt with it otherwise than by a switch. */
  orderAskMs: 10_000 as Ms,
  /** Findings in one statement of a master, findings that wait for their turn, and the statement in characters (NW4). */
  evidencePerStatement: 4,
  accusationsPerStatement: 32,
  findingsWaiting: 64,
  findingsCharacters: 96 * 1024,
  /** Findings, and refused reports, that become events of the directory, in a minute and cluster; the rest is counted. */
  findingsPerMinute: 30,
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
  /** An answer of it: all notices of a network, or a page of events. */
  controlAnswerBytes: 8 * 1024 * 1024,
  /** A challenge of the authority is valid this long, once (ID5). */
  challengeMs: 30_000 as Ms,
  /** How long a node's log is, as it reports it, is written by the authority at most this often: the rows written are most of the bill. */
  reportWriteMs: 60_000 as Ms,
  /** Sockets of one cluster's authority, those before their handshake included. */
  controlSockets: 128,
  /** Frames of one socket that wait for their turn. */
  controlQueueFrames: 64,
  /** A standby that has said nothing for so long takes nobody's place now; it reports each second (RG9). */
  standbySilentMs: 3_000 as Ms,
  /** Orders that stand against one master at once, and ids of orders that are remembered (RG9). */
  ordersStanding: 32,
  ordersRemembered: 256,
  /** Name and reason of an operator, in characters: they stand in texts that nodes are sent. */
  operatorTextCharacters: 256,
  /** Requests that wait for the next event of one cluster, and how long. */
  eventWaiters: 32,
  eventWaitMs: 25_000 as Ms,
  /** Alerts that wait for the webhook of one sender, attempts for each, and the time for one attempt. */
  alertsWaiting: 64,
  alertAttempts: 8,
  alertAttemptMs: 5_000 as Ms,
  /** Refused calls of operators that become events, in a minute and cluster; the rest is counted (ID7). */
  refusedCallsPerMinute: 20,
  /** How far away the end of a pause may lie (RG10). */
  pauseMs: (7 * 24 * 3_600_000) as Ms,
  /** A planned switchover lies at most this far ahead, and is dropped when nobody has taken over so long after it is due. */
  switchoverAheadMs: (7 * 24 * 3_600_000) as Ms,
  switchoverMs: 30_000 as Ms,
  /** Events in one page of a cluster's log. */
  eventsPerPage: 200,
  /** A compact JWS, in characters; a master table carries the credentials of all clusters. */
  statementCharacters: 32 * 1024,
  masterTableCharacters: 224 * 1024,
  /** The signed reports that stand in one finding of the directory, together. */
  evidenceCharacters: 128 * 1024,
  /** Heights in one result report, and runs of heights that somebody missed: together one statement. */
  resultsPerReport: 64,
  missedRuns: 32,
  /** A master gathers results for so long, at most, before it reports them; it looks so often for what is not as it should be. */
  resultGatherMs: 7_500 as Ms,
  resultLookMs: 2_000 as Ms,
  /** Text fields of messages, in characters: addresses, nonces and challenges, reasons for people. */
  addressCharacters: 256,
  nonceCharacters: 128,
  whyCharacters: 1_024,
  /** Transactions in one batch request to a node's HTTP API, and the batch in bytes. */
  batchTransactions: 1_000,
  batchBytes: 4 * 1024 * 1024,
  /** Open connections to a node's HTTP API. */
  apiConnections: 2_048,
  /** Time for the whole of one HTTP request to arrive, and for its headers. */
  apiRequestMs: 10_000 as Ms,
  apiHeadersMs: 5_000 as Ms,
  /** Tokens of one cluster that were replaced and that no block has named an heir of. */
  supersededTokens: 32,
  /** Clusters in a network, nodes in a cluster. */
  clusters: 64,
  nodesPerCluster: 32,
  /** Log entries or blocks in one catch-up message. */
  appendEntries: 256,
  appendBytes: 2 * 1024 * 1024,
  blockRange: 64,
  /** Epochs in the tail of a log that attaches: its uncompacted part holds few. */
  tailSpans: 1_024,
  /** Decided heights whose log entries are kept for followers that lag (GU6). */
  logHeightsKept: 64,
  /** RC3: records above the tip that a log may hand over: acts of one or two heights, in `roundsKept` rounds, and their bodies. */
  legacyRecords: 1_024,
  /** EL8: a node that left the sync set is offered again after this long; doubled each time, and forgotten after a while. */
  readdMinMs: 1_000 as Ms,
  readdMaxMs: 60_000 as Ms,
  readdForgetMs: 600_000 as Ms,
  /** Rounds of one height, and heights ahead, for which votes are kept. */
  roundsKept: 64,
  heightsAhead: 4,
  /** Longest life of a certificate that no owner key has signed itself: by a join token, or renewed (ID3, ID8). */
  certificateMs: (366 * 24 * 3_600_000) as Ms,
  /** Uses of one join token; its life (ID3). */
  tokenUses: 32,
  tokenMs: (30 * 24 * 3_600_000) as Ms,
  /** The text of a join token, in characters. */
  tokenTextCharacters: 4 * 1024,
  /** A node's request is as old as this at most, by the clock of the authority, either way (ID5). */
  requestSkewMs: 300_000 as Ms,
  /** Refused attempts of one source, and of all, within the window, that are recorded one by one (ID5). */
  attemptsPerSource: 10,
  attemptsRecorded: 200,
  attemptSources: 1_024,
  attemptWindowMs: 600_000 as Ms,
  /** What one node asks the registry for in vain or again, and what one member tells of it, that becomes an event within that window (RG11). */
  eventsInVain: 100,
  /** From the recording of a new owner key to the end of the one before. */
  ownerWindowMs: (366 * 24 * 3_600_000) as Ms,
  /** Owner-signed notices (revocations, keys) of one network. */
  notices: 512,
  noticeCharacters: 8 * 1024,
  noticesPerFrame: 16,
  /** ID8: an alert stands from this long before the expiry of a certificate. */
  expiryAlertMs: (30 * 24 * 3_600_000) as Ms,
  /** MJ1: requests that wait at one member of a majority, and the time for each of them at least (`core/arbiter/pace.ts`). */
  arbiterAsks: 16,
  arbiterAskMs: 2_000 as Ms,
  /** A proposal that a majority has not answered so long, at least, begins anew; one that met a higher ballot waits this long for each try and rank. */
  arbiterRoundMs: 250 as Ms,
  arbiterBackOffMs: 10 as Ms,
  /** No ballot, version or epoch of another member is taken in above this, so that the next one can be written and read; nor a ballot so far above all that was seen. */
  raisedNumber: 2 ** 52,
  ballotLead: 2 ** 26,
  /** A register's value with what is around it, as text: a registry of so many members fits, a frame of the control link too. */
  registerCharacters: 160 * 1024,
  /** Events of a member's registry that wait for the edge, and those of one frame. */
  arbiterEvents: 256,
  eventsPerFrame: 8,
  /** A member without a value asks again after this long. */
  arbiterRecallMs: 500 as Ms,
  /** One turn of the event loop with cryptography in it. */
  turnMs: 10 as Ms,
} as const
