/** What a log entry means to the node that has it, its master's own entries and a follower's alike. */
import { unreachable } from '../../assert.ts'
import { decodeBlock } from '../../codec/block.ts'
import { decodeCertificate } from '../../codec/certificate.ts'
import type { Credential } from '../../crypto/statement-types.ts'
import type { LogIndex } from '../../ids.ts'
import type { LogRecord, TokenRecord } from '../guard/records.ts'
import { NO_FACTS } from './facts.ts'
import { type KnownBody, tipHeight } from './state.ts'
import { later, reject, type Turn } from './turn.ts'

/** `own`: written by this master now, so what it says is known and verified already. */
export function interpret(turn: Turn, index: LogIndex, record: LogRecord, from: 'own' | 'master'): void {
  const tip = tipHeight(turn.state)
  switch (record.kind) {
    case 'barrier':
      return
    case 'vote':
    case 'proposal':
    case 'polka':
      if (record.height > tip) turn.state = { ...turn.state, acts: [...turn.state.acts, { index, record }] }
      return
    case 'body': {
      if (from === 'own') return
      const block = decodeBlock(turn.context.hash, record.block)
      if (!block.ok) {
        reject(turn, { code: block.code, why: `block in log entry ${index}: ${block.why}` })
        return
      }
      if (block.value.header.height <= tip) return
      const known = turn.state.bodies.get(block.value.hash)
      keepBody(turn, { block: block.value, facts: known?.facts ?? NO_FACTS, logged: index })
      return
    }
    case 'decided': {
      if (from === 'own') return
      const certificate = decodeCertificate(record.certificate)
      if (!certificate.ok) {
        reject(turn, { code: certificate.code, why: `certificate in log entry ${index}: ${certificate.why}` })
        return
      }
      const height = certificate.value.height
      if (height <= tip) {
        turn.state = { ...turn.state, executedAt: [...turn.state.executedAt, { height, index }] }
        return
      }
      const decided = new Map(turn.state.decided).set(height, {
        index,
        certificate: certificate.value,
        certified: false,
        asked: false,
      })
      turn.state = { ...turn.state, decided }
      later(turn, { i: 'execute' })
      return
    }
    case 'token':
      // The master verified it before it wrote it; a node verifies for itself all the same (ID4).
      if (from === 'master') learnToken(turn, record.credential)
      keepTokenHeight(turn, record)
      return
    case 'legacy': {
      const { kind: _, ...mark } = record
      // One that is compacted away says nothing any more: its acts are of decided heights.
      const legacies = turn.state.legacies.filter((known) => known.index > turn.state.guard.base.index)
      turn.state = { ...turn.state, legacies: [...legacies, { ...mark, index, token: turn.state.guard.token }] }
      return
    }
    default:
      unreachable(record)
  }
}

/** RC1: the first record of a token counts, whichever master wrote it. Of tokens that were replaced nothing is kept. */
function keepTokenHeight(turn: Turn, { credential, height }: TokenRecord): void {
  const { tokenHeights, masterships } = turn.state
  if (tokenHeights.has(credential.grant)) return
  const known = new Set([...masterships.values()].map((mastership) => mastership.credential.grant))
  const kept = [...tokenHeights].filter(([grant]) => known.has(grant))
  turn.state = { ...turn.state, tokenHeights: new Map([...kept, [credential.grant, height]]) }
}

/** NW1: of the own log, or of one that was taken over: to be verified, unless it was. */
export function learnToken(turn: Turn, credential: Credential): void {
  const { masterships, superseded, unverified } = turn.state
  for (const known of [...masterships.values(), ...superseded]) if (known.credential.grant === credential.grant) return
  turn.state = { ...turn.state, unverified: new Map(unverified).set(credential.grant, credential) }
  turn.send.push({ s: 'verifyCredentials', credentials: [credential] })
}

export function keepBody(turn: Turn, body: KnownBody): void {
  turn.state = { ...turn.state, bodies: new Map(turn.state.bodies).set(body.block.hash, body) }
}

/** GU3: entries above `after` are gone, and with them what they said. */
export function forgetAfter(turn: Turn, after: LogIndex): void {
  const { bodies, acts, legacies, decided, executedAt } = turn.state
  turn.state = {
    ...turn.state,
    acts: acts.filter((act) => act.index <= after),
    legacies: legacies.filter(({ index }) => index <= after),
    executedAt: executedAt.filter(({ index }) => index <= after),
    bodies: new Map(
      [...bodies].map(([hash, body]) => [
        hash,
        body.logged !== null && body.logged > after ? { ...body, logged: null } : body,
      ]),
    ),
    // A decided block stays decided whatever the own log says: only its place in the log is gone.
    decided: new Map(
      [...decided].map(([height, entry]) => [
        height,
        entry.index !== null && entry.index > after ? { ...entry, index: null } : entry,
      ]),
    ),
  }
}
