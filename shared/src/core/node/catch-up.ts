/** GU5: a node that lags fetches decided blocks from the nearest peer that has them, each with its certificate. */
import type { Height, Ms, NodeId } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { LogBase } from '../../ports/node-store.ts'
import type { GetBlocks } from '../../protocol/peer.ts'
import { noteHeight, resendHeight } from './height.ts'
import { keepBody } from './interpret.ts'
import type { NodeInput } from './io.ts'
import { logDecided } from './run-consensus.ts'
import { runGuard } from './run-guard.ts'
import { isLeading, tipHeight } from './state.ts'
import { later, sendTo, type Turn } from './turn.ts'

/** A peer that has not answered for this long is passed over. */
const ANSWER_MS = 1_000
/** When no peer has the next block yet, they are asked again after this long. */
const ASK_AGAIN_MS = 50

/** Fetch blocks up to `target`; with a `base`, continue from the master's log afterwards. */
export function startCatchUp(turn: Turn, target: Height, base: LogBase | null, preferred: NodeId | null): void {
  const running = turn.state.catchUp
  if (running !== null && running.target >= target && (base === null || running.base !== null)) return
  if (tipHeight(turn.state) >= target) {
    if (base !== null) runGuard(turn, { i: 'rebase', base })
    return
  }
  ask(turn, target, base ?? running?.base ?? null, running?.failed ?? new Set(), preferred)
}

function ask(
  turn: Turn,
  target: Height,
  base: LogBase | null,
  failed: ReadonlySet<NodeId>,
  preferred: NodeId | null,
): void {
  const peers = nearestPeers(turn, failed)
  const peer = preferred !== null && !failed.has(preferred) && turn.state.links.has(preferred) ? preferred : peers[0]
  turn.timers.push({ name: 'blocks', after: (peer === undefined ? ASK_AGAIN_MS : ANSWER_MS) as Ms })
  const request = turn.state.counters.request + 1
  const chosen = peer ?? turn.state.config.election.node
  turn.state = {
    ...turn.state,
    counters: { request },
    catchUp: { target, base, request, peer: chosen, askedAt: turn.context.now, failed },
  }
  if (peer === undefined) return
  const from = (tipHeight(turn.state) + 1) as Height
  const to = Math.min(target, from + LIMITS.blockRange - 1) as Height
  turn.events.push({ event: 'catching-up', from, to: target, peer })
  sendTo(turn, peer, { t: 'getBlocks', request, from, to })
}

/** Linked peers that may have the next block and have not failed: same cluster and site, same cluster, then the others. */
function nearestPeers(turn: Turn, failed: ReadonlySet<NodeId>): readonly NodeId[] {
  const { links, heights, config } = turn.state
  const next = tipHeight(turn.state) + 1
  const distance = (node: NodeId): number => {
    if (links.get(node) !== config.election.cluster) return 2
    return config.sites.get(node) === config.election.site ? 0 : 1
  }
  return [...links.keys()]
    .filter((node) => (heights.get(node) ?? 0) >= next && !failed.has(node))
    .sort((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1))
}

/** Serves blocks that are on this node's chain. */
export function serveBlocks(turn: Turn, from: NodeId, message: GetBlocks): void {
  const blocks: { block: Uint8Array; certificate: Uint8Array }[] = []
  let bytes = 0
  const last = Math.min(message.to, message.from + LIMITS.blockRange - 1, tipHeight(turn.state))
  for (let height = message.from; height <= last && bytes < LIMITS.appendBytes; height++) {
    const stored = turn.context.chain.block(height as Height)
    if (stored === null) break
    blocks.push({ block: stored.bytes, certificate: stored.certificate })
    bytes += stored.bytes.length + stored.certificate.length
  }
  sendTo(turn, from, { t: 'blocks', request: message.request, height: tipHeight(turn.state), blocks })
}

/** A master that waits at a height: gets the decided blocks, or what is known of the running height. */
export function serveHeight(turn: Turn, from: NodeId, height: number): void {
  noteHeight(turn, from, height - 1)
  if (height <= tipHeight(turn.state)) {
    serveBlocks(turn, from, { t: 'getBlocks', request: 0, from: height, to: tipHeight(turn.state) })
  } else resendHeight(turn, from)
}

export function receiveBlocks(turn: Turn, input: Extract<NodeInput, { i: 'blocks' }>): void {
  noteHeight(turn, input.from, input.height)
  for (const { block, certificate, facts } of input.blocks) {
    const height = block.header.height
    // What the own log says of the height gives way, as long as its certificate has not been found good.
    if (height <= tipHeight(turn.state) || turn.state.decided.get(height)?.certified === true) continue
    turn.state = { ...turn.state, fetchedUpTo: height }
    const known = turn.state.bodies.get(block.hash)
    keepBody(turn, { block, facts, logged: known?.logged ?? null })
    if (isLeading(turn.state)) logDecided(turn, certificate, true)
    else {
      const entry = { index: null, certificate, certified: true, asked: false }
      turn.state = { ...turn.state, decided: new Map(turn.state.decided).set(height, entry) }
    }
  }
  if (input.blocks.length > 0) later(turn, { i: 'execute' })
  const running = turn.state.catchUp
  if (running !== null && running.request === input.request && input.blocks.length === 0) {
    ask(turn, running.target, running.base, new Set(running.failed).add(input.from), null)
  }
}

/** After each executed block: the next range, or the end of the catch-up. */
export function catchUpAfterBlock(turn: Turn): void {
  const running = turn.state.catchUp
  if (running === null) return
  const tip = tipHeight(turn.state)
  if (tip >= running.target) {
    turn.state = { ...turn.state, catchUp: null }
    turn.timers.push({ name: 'blocks', after: null })
    if (running.base !== null) runGuard(turn, { i: 'rebase', base: running.base })
    return
  }
  if (!turn.state.decided.has(tip + 1)) ask(turn, running.target, running.base, running.failed, running.peer)
}

/** The peer did not answer in time: another one, nearest first. */
export function catchUpTimeout(turn: Turn): void {
  const running = turn.state.catchUp
  if (running === null) return
  const failed = new Set(running.failed).add(running.peer)
  const left = nearestPeers(turn, failed).length > 0
  ask(turn, running.target, running.base, left ? failed : new Set(), null)
}
