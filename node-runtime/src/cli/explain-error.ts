/** What each error code means and what to do about it, when the error itself does not say it better. */
import { BatonError, ERROR_CODES, type ErrorCode } from '@baton/shared/errors'
import { EXIT_STATUS } from './exit-status.ts'

interface Explanation {
  readonly why: string
  readonly remedy: string
}

/** Total: a code without an explanation does not compile. */
export const EXPLANATIONS: Readonly<Record<ErrorCode, Explanation>> = {
  CONFIG_INVALID: {
    why: 'a setting is wrong or contradicts another one',
    remedy: 'mend the file, then run: baton config check FILE',
  },
  CONFIG_UNREADABLE: {
    why: 'a file that was named cannot be read',
    remedy: 'check the path and its permissions',
  },
  PORT_TAKEN: {
    why: 'another process listens on the port',
    remedy: 'find it with `ss -ltnp`, stop it, or change the address under [listen]',
  },
  IDENTITY_INVALID: {
    why: 'key and certificate do not belong together, or the certificate is not signed by an owner key of genesis',
    remedy: 'copy key and certificate of this node again from the folder that `baton network init` wrote',
  },
  GENESIS_INVALID: {
    why: 'the genesis document is damaged or was changed',
    remedy: 'copy genesis.json again; every node of a network has the same file',
  },
  DATA_FOLDER_IN_USE: {
    why: 'another process works in the same data folder',
    remedy: 'stop it: two processes with one identity would sign against each other',
  },
  APPLICATION_INVALID: {
    why: 'the module that `application` names cannot run as the application of this network',
    remedy: 'mend the module or the setting; every node of a network runs the same application',
  },
  PASSPHRASE_WRONG: {
    why: 'the owner key is encrypted, and the passphrase does not open it',
    remedy: 'give the passphrase in a file: BATON_PASSPHRASE_FILE=FILE, or type it on a terminal',
  },
  SIGNER_FAILED: {
    why: 'the command that signs for the owner did not answer with a signature',
    remedy: 'run it by hand: it reads the bytes to sign on standard input and prints a 64-byte signature in base64',
  },
  BAD_REQUEST: { why: 'the request has the wrong form', remedy: 'see `baton COMMAND --help`' },
  BODY_TOO_LARGE: {
    why: 'a transaction or a batch is larger than the network takes',
    remedy: 'store large documents elsewhere and put their hash on the chain',
  },
  NOT_FOUND: {
    why: 'this node has nothing under that name',
    remedy: 'check the name; a node that is catching up may have it later (`baton status`)',
  },
  TRANSACTION_MALFORMED: {
    why: 'the bytes are not a signed transaction',
    remedy: 'build it with `baton submit --key FILE` or the client library',
  },
  TRANSACTION_SIGNATURE: {
    why: "the signature does not fit the transaction and its sender's key",
    remedy: 'sign again with the private key of the sender that is named in the transaction',
  },
  TRANSACTION_NETWORK: {
    why: 'the transaction was signed for another network',
    remedy: 'sign it for the network that `baton status` shows',
  },
  TRANSACTION_REJECTED: {
    why: 'the application refuses the transaction in the present state',
    remedy: 'read the state with `baton query`, then send a new transaction',
  },
  MEMPOOL_FULL: {
    why: 'more transactions wait than this node takes',
    remedy: 'send again later; lower --concurrency if it goes on',
  },
  UNAUTHENTICATED: {
    why: 'the request has no operator token, or one that is not signed by the owner of the cluster, has expired or was revoked',
    remedy:
      'have the owner make one with `baton operator create`, and name its file in --token or $BATON_OPERATOR_TOKEN_FILE',
  },
  FORBIDDEN: {
    why: 'the operator token is of another cluster, or its role may not do this',
    remedy: 'ask the owner of the cluster for a token with a role that may: `baton operator create --role …`',
  },
  PEER_CERTIFICATE: {
    why: 'the other node has no certificate, or a foreign one',
    remedy: 'compare its genesis.json and node.certificate.jws with yours',
  },
  PEER_PROTOCOL: {
    why: 'the other node speaks a version that this one does not',
    remedy: 'upgrade the older of the two: `baton --version`',
  },
  PEER_SIGNATURE: {
    why: 'a message is not signed by the node that it names',
    remedy: 'find out who sent it: the log names the link',
  },
  PEER_MALFORMED: {
    why: 'a message has the wrong form',
    remedy: 'compare the versions of both nodes: `baton --version`',
  },
  PEER_UNEXPECTED: {
    why: 'a message came that the other node may not send now',
    remedy: 'nothing to do unless it repeats; then compare the logs of both nodes',
  },
  PROOF_INVALID: {
    why: 'what a node answered does not prove what it says',
    remedy: 'ask another node; if none can prove it, compare genesis.json with theirs',
  },
  STORAGE_FULL: {
    why: 'the disk is full, so nothing can be promised any more',
    remedy: 'free space in the data folder, then start the node again: it goes on where it stopped',
  },
  STORAGE_FAILED: {
    why: 'the disk or its file system failed an operation',
    remedy: 'check the disk (dmesg), then start the node again; replace the disk if it repeats',
  },
  STORAGE_DAMAGED: {
    why: 'stored data is not what was written',
    remedy: 'stop the node, move its data folder away and start it: it fetches everything from its peers',
  },
  NOT_MASTER: {
    why: 'another node of the cluster is the master, or none is at the moment',
    remedy: 'send to the node that the answer names, or again in a second',
  },
  LOWER_TOKEN: {
    why: 'a newer mastership of the cluster exists',
    remedy: 'nothing: the node follows the new master by itself',
  },
  TOKEN_CONFLICT: {
    why: 'two different grants carry the same epoch: somebody signed what may not be signed',
    remedy: 'stop the cluster and compare both grants; the authority key may be stolen',
  },
  NOT_HELD: {
    why: 'the standbys did not confirm in time: the outcome is unknown',
    remedy: 'send the same bytes again: a transaction executes once',
  },
  STALE_VERSION: {
    why: 'the registry has changed since the request was made',
    remedy: 'nothing: the node asks again with the present version',
  },
  MASTER_ALIVE: {
    why: 'the master is heard, so nobody else may take over',
    remedy: 'to move the mastership on purpose, stop the master with SIGTERM: it hands over',
  },
  NOT_ELECTABLE: {
    why: 'the node is not in the sync set, is barred, or its log is not complete',
    remedy: 'let it catch up: `baton status` shows the reason',
  },
  PAUSED: {
    why: 'an operator has paused switches of this cluster',
    remedy: 'wait for the end of the pause, or let an operator resume',
  },
  SETTLING: {
    why: 'the mastership has moved a moment ago, or too often in the last hour, and the master lives',
    remedy: 'nothing: the master goes on and hands over later',
  },
  NOT_CURRENT_MASTER: {
    why: 'only the present master may change the sync set',
    remedy: 'nothing: the node follows the new master by itself',
  },
  STARTUP_GRACE: {
    why: 'the authentication node has just started and waits to hear the masters',
    remedy: 'wait: nodes ask again by themselves',
  },
  UNKNOWN_CLUSTER: {
    why: 'the authentication node does not know the cluster',
    remedy: 'compare its genesis with that of the node; deploy the same genesis.json to both',
  },
  UNKNOWN_NODE: {
    why: 'the node is not a member of the cluster',
    remedy: 'let the node open a session with a certificate of the owner first',
  },
  STATEMENT_INVALID: {
    why: 'a signed statement has the wrong form or signature',
    remedy: 'compare the versions of the node and the authentication node',
  },
  CERTIFICATE_INVALID: {
    why: 'the certificate is not signed by an owner key of genesis',
    remedy: 'make a new one with the owner key of this cluster',
  },
  CERTIFICATE_EXPIRED: {
    why: "the node's certificate has expired",
    remedy: 'make a new one with the owner key, put it in place of the old one, and restart the node',
  },
  CHALLENGE_INVALID: {
    why: 'the answer to the challenge was wrong or too late',
    remedy: "check the host's clock and that key and certificate belong together",
  },
  PROTOCOL_VERSION: {
    why: 'the node and the authentication node speak different versions',
    remedy: 'upgrade the older of the two',
  },
  CLUSTER_FROZEN: {
    why: 'the registry of this cluster is an old copy, or somebody knows more than it: it grants nothing until an operator has looked',
    remedy: 'see `baton explain CLUSTER` for what it waits for, and `baton events CLUSTER` for what it was told',
  },
  UNREACHABLE: {
    why: 'nobody answered in time',
    remedy: 'check that the process runs, the address, and the firewall between here and there',
  },
  TOKEN_INVALID: {
    why: 'the join token is damaged, was made by somebody else than the owner, or is for another cluster or site',
    remedy: 'copy the whole line again, or let the owner make another: baton token create',
  },
  TOKEN_EXPIRED: {
    why: 'join tokens live for a short time',
    remedy: 'check the clock of this host; then let the owner make another: baton token create',
  },
  TOKEN_USED_UP: {
    why: 'as many nodes have joined with this token as its owner allowed',
    remedy: 'let the owner make another: baton token create --uses COUNT',
  },
  NODE_EXISTS: {
    why: 'the cluster has another node of this name, and a join token replaces no node',
    remedy: 'join under another name, or let the owner certify the new key: baton node certify',
  },
  CERTIFICATE_REVOKED: {
    why: 'the owner of the cluster has revoked the certificate of this node',
    remedy: 'ask the owner; a node that may come back needs a new key and a new certificate',
  },
  RENEWAL_REFUSED: {
    why: 'the certificate may not be extended so far without its owner',
    remedy: 'let the owner certify the node again: baton node certify',
  },
  TOO_MANY_ATTEMPTS: {
    why: 'this address has failed to prove who it is too often',
    remedy: 'mend what was refused before, then wait some minutes',
  },
  INTERNAL: {
    why: 'a bug in Baton',
    remedy: 'report it with the log; transactions may be sent again, they execute once',
  },
}

export interface ExplainedError {
  readonly code: ErrorCode
  /** What happened. */
  readonly what: string
  readonly why: string
  /** What to do. */
  readonly remedy: string
  readonly exitStatus: number
}

/** Every error that reaches a user goes through here; one without a code is INTERNAL. */
export function explainError(error: unknown): ExplainedError {
  const coded = toCoded(error)
  const { why, remedy } = EXPLANATIONS[coded.code]
  return {
    code: coded.code,
    what: coded.message,
    why,
    remedy: coded.remedy ?? remedy,
    exitStatus: EXIT_STATUS[ERROR_CODES[coded.code].owner],
  }
}

/** For a terminal: what happened, why, what to do. */
export function formatError({ code, what, why, remedy }: ExplainedError): string {
  return `error ${code}: ${what}\n  why: ${why}\n  do:  ${remedy}\n`
}

/** The error itself when it has a code; otherwise a package that is not there, or our own bug. */
export function toCoded(error: unknown): BatonError {
  if (error instanceof BatonError) return error
  const message = error instanceof Error ? error.message : String(error)
  const absent = /^Cannot find (?:package|module) '([^'./][^']*)'/.exec(message)?.[1]
  if (absent === undefined) return new BatonError('INTERNAL', message)
  return new BatonError('CONFIG_INVALID', `this command needs the package ${absent}, which is not installed`, {
    remedy: `npm install -g ${absent}`,
    cause: error,
  })
}
