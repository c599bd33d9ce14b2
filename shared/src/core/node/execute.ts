/** From a decided block to the state after it: the same on every node of every cluster (GU4). */
import { assert } from '../../assert.ts'
import { encodeCertificate } from '../../codec/certificate.ts'
import type { Height } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { executeBlock } from '../ledger/execute-block.ts'
import { openTransactions } from '../ledger/open-transactions.ts'
import type { Block, SignedTransaction } from '../ledger/types.ts'
import { continuesChain } from '../ledger/validate-block.ts'
import type { HashFunction } from '../step.ts'
import { catchUpAfterBlock, startCatchUp } from './catch-up.ts'
import { startHeight } from './height.ts'
import { keepBody } from './interpret.ts'
import type { NodeInput } from './io.ts'
import { compareWithMaster } from './other-than-master.ts'
import { recoveryAdvanced } from './recovery.ts'
import { noteDiffering, sayResult } from './results.ts'
import { markResync, noteResynced } from './resync.ts'
import { runGuard } from './run-guard.ts'
import { tipHeight } from './state.ts'
import { dropNamed } from './superseded.ts'
import { later, type Turn } from './turn.ts'
import { sayVerified } from './verified.ts'

/** Executes the block after the tip if it is decided, here and its certificate checked; asks for what is missing. */
export function executeNext(turn: Turn): void {
  const height = (tipHeight(turn.state) + 1) as Height
  const decided = turn.state.decided.get(height)
  if (decided === undefined) {
    startHeight(turn)
    catchUpAfterBlock(turn)
    fillGap(turn)
    return
  }
  const body = turn.state.bodies.get(decided.certificate.block)
  if (body === undefined) {
    startCatchUp(turn, height, null, null)
    return
  }
  if (!decided.certified) {
    if (decided.asked) return
    turn.state = {
      ...turn.state,
      decided: new Map(turn.state.decided).set(height, { ...decided, asked: true }),
    }
    turn.send.push({ s: 'verifyCertificate', block: body.block, certificate: decided.certificate })
    return
  }
  const { hash, chain: reader, application } = turn.context
  const { block, facts } = body
  const continued = continuesChain(turn.state.chain, block, facts.masterships, hash)
  if (!continued.ok) {
    const { fault, why } = continued
    markResync(turn, `block ${height} differs from this node's chain: ${why}`)
    if (noteDiffering(turn, height)) turn.events.push({ event: 'differs-from-certificate', height, fault, why })
    return
  }
  const transactions = facts.transactions ?? openDecided(hash, block)
  const certificate = encodeCertificate(decided.certificate)
  const done = executeBlock(
    turn.state.chain,
    { block, transactions, masterships: facts.masterships, certificate },
    { hash, reader, application },
  )
  turn.write.push(...done.writes)
  learnFrom(turn, block)
  turn.state = {
    ...turn.state,
    chain: done.chain,
    acts: turn.state.acts.filter((act) => act.record.height > height),
    bodies: new Map([...turn.state.bodies].filter(([, known]) => known.block.header.height > height)),
    decided: new Map([...turn.state.decided].filter(([of]) => of > height)),
    executedAt:
      decided.index === null ? turn.state.executedAt : [...turn.state.executedAt, { height, index: decided.index }],
  }
  dropNamed(turn)
  turn.events.push({ event: 'executed', height, result: done.result })
  turn.send.push({
    s: 'executed',
    block,
    certificate: decided.certificate,
    receipts: done.receipts,
    result: done.result,
  })
  sayResult(turn, height, block.hash, done.result)
  compactLog(turn, height)
  recoveryAdvanced(turn)
  sayVerified(turn)
  startHeight(turn)
  catchUpAfterBlock(turn)
  noteResynced(turn)
  compareWithMaster(turn)
  if (turn.state.decided.has(height + 1)) later(turn, { i: 'execute' })
}

/** NW1: a block may name a mastership that this node has not heard of; one that it knows a higher one than teaches nothing. */
function learnFrom(turn: Turn, block: Block): void {
  const known = new Set([...turn.state.masterships.values()].map(({ credential }) => credential.grant))
  const credentials = block.credentials.filter(({ grant }) => !known.has(grant))
  if (credentials.length > 0) turn.send.push({ s: 'verifyCredentials', credentials })
}

/** GU5: the log tells of a later decision but not of this one, as after a master that had fetched it as a block. */
function fillGap(turn: Turn): void {
  const { decided, catchUp } = turn.state
  if (catchUp !== null || decided.size === 0) return
  startCatchUp(turn, (Math.min(...decided.keys()) - 1) as Height, null, null)
}

/** More than two thirds of the clusters have read it before it was decided. */
function openDecided(hash: HashFunction, block: Block): readonly SignedTransaction[] {
  const opened = openTransactions(hash, block.transactions)
  assert(opened.ok, `a decided block has a transaction that cannot be read: ${opened.ok ? '' : opened.why}`)
  return opened.value
}

/** GU6: the last LIMITS.logHeightsKept heights stay for followers that lag; compacting goes in strides to cost little. */
function compactLog(turn: Turn, height: Height): void {
  const stride = LIMITS.logHeightsKept / 4
  if (height % stride !== 0) return
  const old = turn.state.executedAt.filter((entry) => entry.height <= height - LIMITS.logHeightsKept)
  const newest = old.at(-1)
  if (newest === undefined) return
  turn.state = { ...turn.state, executedAt: turn.state.executedAt.filter((entry) => !old.includes(entry)) }
  runGuard(turn, { i: 'compact', upTo: newest.index })
}

/** The driver has checked the certificate's signatures and the block's credentials. */
export function receiveCertified(turn: Turn, input: Extract<NodeInput, { i: 'certified' }>): void {
  const decided = turn.state.decided.get(input.height)
  if (decided === undefined || decided.certificate.block !== input.block) return
  if (!input.ok) {
    // Its own master wrote a decision that nobody else signed: nothing of that log may be trusted (EL6).
    turn.events.push({ event: 'certificate-refused', height: input.height, why: input.why })
    markResync(turn, `certificate of height ${input.height}: ${input.why}`)
    startCatchUp(turn, input.height, null, null)
    return
  }
  const body = turn.state.bodies.get(input.block)
  if (body !== undefined) keepBody(turn, { ...body, facts: input.facts })
  turn.state = {
    ...turn.state,
    decided: new Map(turn.state.decided).set(input.height, { ...decided, certified: true }),
  }
  executeNext(turn)
}
