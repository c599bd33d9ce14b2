/** Structures that occur inside peer messages: how each is written as fields and read back. */
import type { Proposal, Vote, VoteType } from '../core/consensus/messages.ts'
import type { LogEntry, LogPosition, TailSpan } from '../core/guard/types.ts'
import type { Credential } from '../crypto/statement-types.ts'
import type { Token } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import type { FieldReader } from './field-reader.ts'
import { hashToBytes } from './hash-bytes.ts'
import { RECORD_KINDS } from './log-entry.ts'

const VOTE_TYPES: readonly VoteType[] = ['prevote', 'precommit']

export function writeToken(token: Token): readonly [number, number] {
  return [token.generation, token.epoch]
}

export function writeCredential(credential: Credential): readonly unknown[] {
  return [credential.grant, credential.certificate]
}

export function writePosition(position: LogPosition): readonly unknown[] {
  return [position.index, hashToBytes(position.hash)]
}

export function readPosition(fields: FieldReader): LogPosition {
  return { index: fields.logIndex(), hash: fields.hash() }
}

export function writeSpan(span: TailSpan): readonly unknown[] {
  return [...writeToken(span.token), hashToBytes(span.barrier), ...writePosition(span.last)]
}

export function readSpan(fields: FieldReader): TailSpan {
  return { token: fields.token(), barrier: fields.hash(), last: readPosition(fields) }
}

export function writeEntry(entry: LogEntry): readonly unknown[] {
  const kind = RECORD_KINDS.indexOf(entry.kind)
  return [
    entry.index,
    ...writeToken(entry.token),
    kind,
    entry.body,
    hashToBytes(entry.previous),
    hashToBytes(entry.hash),
  ]
}

export function readEntry(fields: FieldReader): LogEntry {
  return {
    index: fields.logIndex(),
    token: fields.token(),
    kind: fields.indexOf(RECORD_KINDS),
    body: fields.bytes(LIMITS.blockBytes),
    previous: fields.hash(),
    hash: fields.hash(),
  }
}

export function writeVote(vote: Vote): readonly unknown[] {
  const { cluster, generation, epoch, height, round, type, block, signature } = vote
  const value = block === null ? null : hashToBytes(block)
  return [cluster, generation, epoch, height, round, VOTE_TYPES.indexOf(type), value, signature]
}

export function readVote(fields: FieldReader): Vote {
  return {
    cluster: fields.cluster(),
    ...fields.token(),
    height: fields.height(),
    round: fields.round(),
    type: fields.indexOf(VOTE_TYPES),
    block: fields.nullable(() => fields.hash()),
    signature: fields.signature(),
  }
}

export function writeProposal(proposal: Proposal): readonly unknown[] {
  const { cluster, generation, epoch, height, round, validRound, block, signature } = proposal
  return [cluster, generation, epoch, height, round, validRound, hashToBytes(block), signature]
}

export function readProposal(fields: FieldReader): Proposal {
  return {
    cluster: fields.cluster(),
    ...fields.token(),
    height: fields.height(),
    round: fields.round(),
    validRound: fields.validRound(),
    block: fields.hash(),
    signature: fields.signature(),
  }
}
