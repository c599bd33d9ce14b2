/**
 * One node: election, guard, consensus and ledger wired together. The runtime's daemon and the simulator run this same
 * function; what it returns is done in the order of core/step.ts.
 */
import { assert, unreachable } from '../../assert.ts'
import { type ClusterId, compareTokens, type NodeId } from '../../ids.ts'
import type { RegistryView } from '../../protocol/control.ts'
import { catchUpTimeout, receiveBlocks, serveBlocks, serveHeight } from './catch-up.ts'
import { receiveWantBlock } from './epoch-ack.ts'
import { executeNext, receiveCertified } from './execute.ts'
import { offerLog, receiveLegacyAck } from './hand-over.ts'
import {
  noteHeight,
  receiveProposal,
  receiveSigned,
  receiveTransactions,
  receiveVote,
  suspectCluster,
} from './height.ts'
import { brokenNode } from './invariants.ts'
import type { NodeContext, NodeInput, NodeStep, PlainPeerMessage } from './io.ts'
import { receiveLegacy } from './legacy.ts'
import { greetMaster, learnGrants, verified } from './mastership.ts'
import { hearResult } from './other-than-master.ts'
import { heardRegistry, learnSyncSet, sessionOpened, showSyncSet } from './passed-sync-set.ts'
import { keepReshape, mayRemove } from './recorded-reshape.ts'
import { endRecovery, receiveEpochAck, sayRecovered } from './recovery.ts'
import { fetchIfBehind, repairHeight, tend } from './repair.ts'
import { mayAttach, noteResynced } from './resync.ts'
import { runConsensus } from './run-consensus.ts'
import { logStatus, runElection } from './run-election.ts'
import { runGuard } from './run-guard.ts'
import { isLeading, type NodeState } from './state.ts'
import { offerCandidates } from './sync-candidates.ts'
import { beginTurn, endTurn, reject, type Turn } from './turn.ts'
import { noteBar, sayVerified } from './verified.ts'

export function nodeStep(state: NodeState, input: NodeInput, context: NodeContext): NodeStep {
  const turn = beginTurn(state, context)
  handle(turn, input)
  const step = endTurn(turn)
  const broken = brokenNode(state, step)
  assert(broken === null, `node: ${broken} (${input.i})`)
  return step
}

function handle(turn: Turn, input: NodeInput): void {
  switch (input.i) {
    case 'start':
      start(turn, input.nonceSeed)
      return
    case 'link':
      if (input.up) linkUp(turn, input.peer, input.cluster, input.older === true)
      else linkDown(turn, input.peer, input.cluster)
      return
    case 'probed':
      if (input.result === 'refused' && isOwn(turn, input.peer)) runGuard(turn, { i: 'dead', peer: input.peer })
      runElection(turn, { i: 'probeResult', peer: input.peer, result: input.result })
      return
    case 'peer':
      receivePlain(turn, input.from, input.message)
      return
    case 'proposal':
      receiveProposal(turn, input)
      return
    case 'vote':
      receiveVote(turn, input)
      return
    case 'granted':
      learnGrants(turn, input.grants, input.from)
      return
    case 'unverifiable':
      for (const credential of input.credentials) turn.events.push({ event: 'credential-refused', credential })
      verified(
        turn,
        input.credentials.map(({ grant }) => grant),
      )
      return
    case 'handover': {
      const { from, token, to, resignation } = input
      runElection(turn, { i: 'handover', from, token, to, resignation })
      return
    }
    case 'authority':
      if (input.up) {
        sessionOpened(turn)
        runElection(turn, { i: 'authorityUp', challenge: input.challenge })
        runGuard(turn, { i: 'authorityUp' })
      } else runElection(turn, { i: 'authorityDown' })
      offerCandidates(turn)
      return
    case 'view':
      keepReshape(turn, input.reshape)
      runElection(turn, { i: 'view', view: input.view })
      showRegistry(turn, input.view)
      heardRegistry(turn, input.view, input.syncSet)
      attachWhenNamed(turn)
      return
    case 'syncSet':
      learnSyncSet(turn, input.from, input.syncSet)
      return
    case 'heardByAuthority':
      runElection(turn, { i: 'heardByAuthority', report: input.report, version: input.version })
      sayVerified(turn)
      return
    case 'revoked':
      runElection(turn, { i: 'revoked', nodes: input.nodes })
      offerCandidates(turn)
      return
    case 'sessionClosed':
      runElection(turn, { i: 'sessionClosed', node: input.node })
      return
    case 'claimReply':
      keepReshape(turn, input.reshape)
      runElection(turn, { i: 'claimReply', request: input.request, outcome: input.outcome })
      if (input.outcome.state !== null) showRegistry(turn, input.outcome.state)
      return
    case 'transactions':
      receiveTransactions(turn, input)
      return
    case 'work':
      if (isLeading(turn.state) && turn.state.consensus.kind === 'waiting') runConsensus(turn, { kind: 'work' })
      return
    case 'signed':
      if (!isLeading(turn.state) || compareTokens(input.token, turn.state.guard.token) !== 0) return
      receiveSigned(turn, input.signed)
      return
    case 'resignationSigned':
      runElection(turn, { i: 'resignationSigned', token: input.token, resignation: input.resignation })
      return
    case 'certified':
      receiveCertified(turn, input)
      return
    case 'blocks':
      receiveBlocks(turn, input)
      return
    case 'execute':
      executeNext(turn)
      return
    case 'stalled':
      runElection(turn, { i: 'stalled', ms: input.ms })
      return
    case 'resign':
      runElection(turn, { i: 'resign', to: input.to, leaving: input.leaving })
      return
    case 'timer':
      timer(turn, input.name)
      return
    default:
      unreachable(input)
  }
}

function start(turn: Turn, nonceSeed: string): void {
  turn.state = { ...turn.state, nonceSeed }
  const { required, guard, election, config } = turn.state
  const own = turn.state.storedOwn
  // RG2: only with its required set on disk, under the highest token this node knows, and a whole log.
  const resume =
    own !== null &&
    required !== null &&
    own.node === config.election.node &&
    compareTokens(required.token, own.token) === 0 &&
    turn.state.resync === null
  if (own !== null && compareTokens(own.token, guard.token) > 0) {
    turn.state = { ...turn.state, guard: { ...guard, token: own.token } }
  }
  runElection(turn, { i: 'started', own: election.own ?? own, resume, nonceSeed, log: logStatus(turn.state) })
  const credentials = [...turn.state.unverified.values()]
  if (credentials.length > 0) turn.send.push({ s: 'verifyCredentials', credentials })
  executeNext(turn)
}

function linkUp(turn: Turn, peer: NodeId, cluster: ClusterId, older: boolean): void {
  turn.state = { ...turn.state, links: new Map(turn.state.links).set(peer, cluster) }
  if (cluster === turn.state.config.election.cluster) {
    const olderPeers = new Set(turn.state.olderPeers)
    if (older) olderPeers.add(peer)
    else olderPeers.delete(peer)
    turn.state = { ...turn.state, olderPeers }
    runElection(turn, { i: 'linkUp', peer })
    runGuard(turn, { i: 'linkUp', peer })
    showSyncSet(turn, peer)
    if (turn.state.handOver?.master === peer) offerLog(turn)
    offerCandidates(turn)
    return
  }
  if (turn.state.masterships.get(cluster)?.node === peer) {
    const leaderless = new Set(turn.state.leaderless)
    leaderless.delete(cluster)
    turn.state = { ...turn.state, leaderless }
    turn.timers.push({ name: `dead:${cluster}`, after: null })
    greetMaster(turn, peer)
  }
}

function linkDown(turn: Turn, peer: NodeId, cluster: ClusterId): void {
  const links = new Map(turn.state.links)
  links.delete(peer)
  turn.state = { ...turn.state, links }
  if (cluster === turn.state.config.election.cluster) {
    runElection(turn, { i: 'linkDown', peer })
    runGuard(turn, { i: 'linkDown', peer })
    offerCandidates(turn)
    return
  }
  if (turn.state.masterships.get(cluster)?.node === peer) {
    // A standby usually takes over sooner, and then proposes itself: giving up on it earlier would waste a round of votes.
    turn.timers.push({ name: `dead:${cluster}`, after: turn.state.config.election.suspectAfterMs })
  }
}

function receivePlain(turn: Turn, from: NodeId, message: PlainPeerMessage): void {
  switch (message.t) {
    case 'getBlocks':
      serveBlocks(turn, from, message)
      return
    case 'wantHeight':
      serveHeight(turn, from, message.height)
      return
    case 'wantBlock':
      receiveWantBlock(turn, from, message.height)
      return
    case 'epochAck':
      receiveEpochAck(turn, from, message)
      return
    default:
      break
  }
  if (!isOwn(turn, from)) {
    reject(turn, { code: 'PEER_UNEXPECTED', why: `${from} is of another cluster and sent ${message.t}` })
    return
  }
  switch (message.t) {
    case 'heartbeat': {
      const before = turn.state.election.peers.get(from)?.heartbeat?.electable
      noteHeight(turn, from, message.height)
      runElection(turn, { i: 'heartbeat', from, message })
      if (before !== message.electable) offerCandidates(turn)
      noteResynced(turn)
      return
    }
    case 'preVote':
      runElection(turn, { i: 'preVote', from, message })
      return
    case 'preVoteAnswer':
      runElection(turn, { i: 'preVoteAnswer', from, message })
      return
    case 'append':
      if (isUnasked(turn.state)) {
        // In answer to an attach of an earlier process: its master does not know this one, and would wait for another attach that never came.
        reject(turn, { code: 'PEER_UNEXPECTED', why: `entries of ${from} that this node has not asked for yet` })
        return
      }
      runGuard(turn, { i: 'message', from, message })
      noteResynced(turn, message.held)
      return
    case 'attach':
    case 'appendAck':
    case 'behind':
      runGuard(turn, { i: 'message', from, message })
      return
    case 'legacy':
      receiveLegacy(turn, from, message)
      return
    case 'legacyAck':
      receiveLegacyAck(turn, from, message)
      return
    case 'executed':
      hearResult(turn, from, message)
      return
    default:
      unreachable(message)
  }
}

/** EL6: the registry has just named the master that this node, whose log is lost, waits to attach to. */
function attachWhenNamed(turn: Turn): void {
  if (waitsToAttach(turn.state) && mayAttach(turn.state)) runGuard(turn, { i: 'timer' })
}

function isUnasked(state: NodeState): boolean {
  return waitsToAttach(state) && !mayAttach(state)
}

function waitsToAttach({ resync, guard }: NodeState): boolean {
  return resync !== null && guard.role.role === 'following' && !guard.role.attached
}

function showRegistry(turn: Turn, view: RegistryView): void {
  // RG8: one that stands still may have forgotten what it recorded last, such as an addition whose answer this master waits for; and it counts on.
  if (view.frozen === null) followSyncSet(turn, view)
  endRecovery(turn, view)
  sayRecovered(turn)
  noteBar(turn, view)
  sayVerified(turn)
  offerCandidates(turn)
}

function followSyncSet(turn: Turn, view: RegistryView): void {
  const { generation, epoch, version, syncSet } = view
  if (mayRemove(turn.state, view)) {
    runGuard(turn, { i: 'registry', token: { generation, epoch }, version, syncSet })
    return
  }
  turn.events.push({ event: 'sync-set-unproven', version, syncSet })
  reject(turn, { code: 'STATEMENT_INVALID', why: 'the registry shows a removal that this master has not signed' })
}

function timer(turn: Turn, name: Extract<NodeInput, { i: 'timer' }>['name']): void {
  if (name.startsWith('election:')) {
    runElection(turn, { i: 'timer', name: name.slice('election:'.length) as never })
    return
  }
  if (name.startsWith('consensus:')) {
    const kind = name.slice('consensus:'.length) as 'propose' | 'prevote' | 'precommit'
    const set = turn.state.consensusTimers.get(kind)
    if (set !== undefined) runConsensus(turn, { kind: 'timeout', timeout: kind, height: set.height, round: set.round })
    return
  }
  if (name.startsWith('dead:')) {
    const cluster = name.slice('dead:'.length) as ClusterId
    const master = turn.state.masterships.get(cluster)?.node
    if (master === undefined || !turn.state.links.has(master)) suspectCluster(turn, cluster)
    return
  }
  switch (name) {
    case 'guard':
      runGuard(turn, { i: 'timer' })
      return
    case 'heartbeatBlock':
      if (isLeading(turn.state) && turn.state.consensus.kind === 'waiting') runConsensus(turn, { kind: 'work' })
      return
    case 'repair':
      repairHeight(turn)
      return
    case 'tend':
      tend(turn)
      return
    case 'lag':
      turn.state = { ...turn.state, lagging: false }
      fetchIfBehind(turn)
      return
    case 'blocks':
      catchUpTimeout(turn)
      return
    case 'legacy':
      offerLog(turn)
      return
    default:
      reject(turn, { code: 'INTERNAL', why: `no timer is called ${name}` })
  }
}

function isOwn(turn: Turn, node: NodeId): boolean {
  return turn.state.links.get(node) === turn.state.config.election.cluster || turn.state.election.peers.has(node)
}
