/** Turns what the machines report into log lines: one name, flat fields, a sentence for the operator. */
import { unreachable } from '@baton/shared/assert'
import type { NodeEvent } from '@baton/shared/core/node/io'
import { formatToken } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'

type Level = 'debug' | 'info' | 'warn' | 'error'

interface Line {
  readonly level: Level
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly sentence: string
}

/** What the machines call it, in words. */
const STEPPED_DOWN: Readonly<Record<string, string>> = {
  higherToken: 'a higher epoch has been granted',
  handedOver: 'it has handed over',
  resigning: 'it hands over',
  resigned: 'it handed over',
  tokenConflict: 'two grants of one epoch have been seen',
  stopping: 'this node stops',
}

export function logEvent(log: Log, event: NodeEvent): void {
  const { level, name, fields, sentence } = describe(event)
  log[level]({ event: name, ...fields }, sentence)
}

/** The log line of an event; `event` in it is the name that dashboards and tests look for. */
export function describe(event: NodeEvent): Line {
  if ('e' in event) return describeElection(event)
  if ('kind' in event) return describeConsensus(event)
  switch (event.event) {
    case 'promoted': {
      const { token, height, resumed } = event
      const how = resumed ? 'goes on as master after a restart' : 'is master now'
      return line('info', 'promoted', { ...token, height, resumed }, `this node ${how}, epoch ${formatToken(token)}`)
    }
    case 'stepped-down':
      return line(
        'warn',
        'stepped-down',
        { ...event.token, why: event.why },
        `no longer master: ${STEPPED_DOWN[event.why] ?? event.why}`,
      )
    case 'sync-set-unproven': {
      const { version, syncSet } = event
      const sentence = `the authentication node shows a sync set that this master has not signed: ${syncSet.join(', ')}`
      return line('error', 'sync-set-unproven', { version, syncSet }, sentence)
    }
    case 'decided': {
      const { height, round, block, transactions } = event
      return line('info', 'decided', { height, round, block, transactions }, `block ${height} decided`)
    }
    case 'executed':
      return line('debug', 'executed', { height: event.height, result: event.result }, `block ${event.height} executed`)
    case 'mastership-known': {
      const { cluster, token, node } = event
      return line(
        'info',
        'master-known',
        { of: cluster, ...token, master: node },
        `${node} is master of ${cluster}, epoch ${formatToken(token)}`,
      )
    }
    case 'token-conflict':
      return line(
        'error',
        'token-conflict',
        { of: event.cluster, nodes: event.nodes },
        `two grants of one token for ${event.cluster}: ${event.nodes.join(' and ')}; the authority's key is misused`,
      )
    case 'invalid-proposal': {
      const { cluster, height, fault, why } = event
      return line(
        'warn',
        'invalid-proposal',
        { of: cluster, height, fault, why },
        `a proposal of ${cluster} is refused: ${why}`,
      )
    }
    case 'recovery-began': {
      const { token, height } = event
      return line(
        'warn',
        'recovery-began',
        { ...token, height },
        `recovering: without the vote records of its predecessor this node does not vote, epoch ${formatToken(token)}`,
      )
    }
    case 'recovery-horizon': {
      const { token, height } = event
      return line('info', 'recovery-horizon', { ...token, height }, `recovering: may vote from height ${height + 2} on`)
    }
    case 'recovery-ended': {
      const { token, height } = event
      return line('info', 'recovery-ended', { ...token, height }, `recovered: votes again from height ${height + 1} on`)
    }
    case 'recovery-stuck': {
      const { token, height, missing } = event
      const who = missing.length === 0 ? 'all have acknowledged' : `not acknowledged by ${missing.join(', ')}`
      return line(
        'error',
        'recovery-stuck',
        { ...token, height, missing },
        `recovering, and the chain stands at height ${height}: ${who}; only an operator can end this wait`,
      )
    }
    case 'legacy-taken':
      return line(
        'info',
        'legacy-taken',
        { from: event.from, records: event.records },
        `took over the vote records of ${event.from}`,
      )
    case 'legacy-handed-over':
      return line('info', 'legacy-handed-over', { to: event.to, ...event.token }, `handed its log over to ${event.to}`)
    case 'credential-refused':
      return line('error', 'credential-refused', {}, 'a credential in the log does not verify')
    case 'certificate-refused':
      return line(
        'error',
        'certificate-refused',
        { height: event.height, why: event.why },
        `block ${event.height} is not certified: ${event.why}`,
      )
    case 'differs-from-certificate': {
      const { height, fault, why } = event
      return line(
        'error',
        'differs-from-certificate',
        { height, fault, why },
        `this node differs from the network at height ${height}: ${why}`,
      )
    }
    case 'differs-from-master': {
      const { height, own, master } = event
      const sentence = `the master of this cluster has another result of height ${height} than this node: certificates say which of them is wrong`
      return line('error', 'differs-from-master', { height, own, master }, sentence)
    }
    case 'catching-up': {
      const { from, to, peer } = event
      return line('info', 'catching-up', { from, to, peer }, `fetching blocks ${from} to ${to} from ${peer}`)
    }
    case 'guard-leading':
      return line(
        'info',
        'guard-leading',
        { syncSet: event.syncSet },
        `writing the log, sync set ${event.syncSet.join(', ')}`,
      )
    case 'guard-attached':
      return line(
        'info',
        'follower-attached',
        { peer: event.peer, index: event.at },
        `${event.peer} follows from index ${event.at}`,
      )
    case 'guard-behind':
      return line(
        'info',
        'follower-behind',
        { peer: event.peer, index: event.last },
        `the log from index ${event.last} is compacted: blocks first`,
      )
    case 'guard-suspect':
      return line(
        'warn',
        'standby-suspected',
        { peer: event.peer, why: event.why },
        `${event.peer} leaves the sync set: ${event.why}`,
      )
    case 'guard-adding':
      return line('info', 'standby-adding', { peer: event.peer }, `${event.peer} is being added to the sync set`)
    case 'guard-sync-set': {
      const { syncSet, version } = event
      return line('info', 'sync-set', { syncSet, version }, `sync set is ${syncSet.join(', ')}`)
    }
    case 'guard-truncated':
      return line(
        'warn',
        'log-truncated',
        { after: event.after, from: event.from },
        `the master's log differs: entries ${event.after + 1} to ${event.from} go`,
      )
    case 'guard-damage':
      return line('error', 'log-damaged', { why: event.why }, event.why)
  }
}

function describeElection(event: Extract<NodeEvent, { e: string }>): Line {
  switch (event.e) {
    case 'role':
      return line(
        'info',
        'role',
        { from: event.from, to: event.to, why: event.why },
        `${event.from} → ${event.to}: ${event.why}`,
      )
    case 'tokenSeen':
      return line(
        'info',
        'granted',
        { ...event.own.token, master: event.own.node },
        `epoch ${formatToken(event.own.token)} belongs to ${event.own.node}`,
      )
    case 'suspected':
      return line(
        'warn',
        'suspected',
        { master: event.master, why: event.why },
        event.why === 'planned'
          ? `takes over from ${event.master}, as an operator has planned`
          : `the master ${event.master} is suspected: ${event.why}`,
      )
    case 'claimSent':
      return line('info', 'claiming', { ...event.token, why: event.why }, `claiming epoch ${formatToken(event.token)}`)
    case 'claimRefused':
      return line('warn', 'claim-refused', { code: event.code, why: event.why }, `the claim is refused: ${event.why}`)
    case 'preVoteRefused':
      return line(
        'debug',
        'pre-vote-refused',
        { by: event.by, why: event.why },
        `${event.by} is against it: ${event.why}`,
      )
    case 'ownStall':
      return line(
        'warn',
        'own-stall',
        { ms: event.ms },
        `this process stood still for ${event.ms} ms: look at the load of this host, its disk and its memory`,
      )
    case 'noSuccessor':
      return line('warn', 'no-successor', { why: event.why }, `nobody can take over: ${event.why}`)
    case 'tokenConflict':
      return line('error', 'token-conflict', { code: event.code }, 'two grants of one token: this node freezes')
    case 'grantDoubted': {
      const { code, why } = event
      const sentence = 'this node was granted what no master of its cluster has signed: it freezes'
      return line('error', 'grant-doubted', { code, why }, `${sentence}: ${why}`)
    }
    default:
      return unreachable(event)
  }
}

function describeConsensus(event: Extract<NodeEvent, { kind: string }>): Line {
  switch (event.kind) {
    case 'roundEntered': {
      const { height, round, proposer } = event
      const level = round === 0 ? 'debug' : 'info'
      return line(level, 'round', { height, round, proposer }, `height ${height}, round ${round}: ${proposer} proposes`)
    }
    case 'timedOut': {
      const { height, round, timeout } = event
      return line(
        'info',
        'timed-out',
        { height, round, timeout },
        `height ${height}, round ${round}: ${timeout} timed out`,
      )
    }
    case 'equivocation': {
      const { cluster } = event.evidence
      return line('error', 'equivocation', { of: cluster }, `${cluster} has signed two conflicting messages`)
    }
    case 'commitWithoutBlock': {
      const { height, round, block, reason } = event
      return line(
        'warn',
        'commit-without-block',
        { height, round, block, reason },
        `height ${height} is decided on a block that is ${reason} here`,
      )
    }
  }
}

function line(level: Level, name: string, fields: Line['fields'], sentence: string): Line {
  return { level, name, fields, sentence }
}
