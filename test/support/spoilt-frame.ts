/** A real frame of a peer, with one or more of its fields or bytes spoilt. */
import { encodeCanonical } from '@baton/shared/codec/cbor'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { encodePeer } from '@baton/shared/protocol/peer-codec'
import { PEER_MESSAGES } from '@baton/shared/protocol/peer-messages-codec'
import { exchangeLeaves, type Mutation, mutateBytes, mutateTree } from './mutations.ts'

/** Bytes where no frame can hold what a field is made to. */
export function spoiltFrame(
  message: PeerMessage,
  way: 'bytes' | 'tree' | 'leaves',
  changes: readonly Mutation[],
): Uint8Array {
  const { number, write } = PEER_MESSAGES[message.t] as {
    number: number
    write: (m: PeerMessage) => readonly unknown[]
  }
  const frame = encodePeer(message)
  if (way === 'bytes') return mutateBytes(frame, changes)
  const fields = [number, ...write(message)]
  try {
    return encodeCanonical(way === 'tree' ? mutateTree(fields, changes) : exchangeLeaves(fields, changes))
  } catch {
    return mutateBytes(frame, changes)
  }
}
