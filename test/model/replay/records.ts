/** The records of a trace as the real log has them, and back. */
import { encodeRecord } from '@baton/shared/codec/record'
import type { GuardInput } from '@baton/shared/core/guard/machine-types'
import type { Hash, Height, Round } from '@baton/shared/ids'

type Append = Extract<GuardInput, { i: 'append' }>

/** A vote's value is a block hash that begins with it. */
export function voteFor(height: number, value: number): Append {
  const block = `${value}`.padEnd(64, '0') as Hash
  const vote = { kind: 'vote', height: height as Height, round: 0 as Round, type: 'precommit', block } as const
  return { i: 'append', kind: 'vote', body: encodeRecord(vote) }
}

export function voteValue(block: Hash | null): number {
  return block === null ? 0 : Number(block[0])
}

/** The guard does not look into certificates: one byte names the height. */
export function decided(height: number): Append {
  return { i: 'append', kind: 'decided', body: Uint8Array.of(height) }
}

export function heightOfDecided(certificate: Uint8Array): number {
  return certificate[0] ?? 0
}
