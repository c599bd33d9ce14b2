/** Peer frames: one canonical CBOR array `[number of the type, …fields]` per message, limits from `limits.ts`. */
import { encodeCanonical } from '../codec/cbor.ts'
import { decodeFields } from '../codec/decode-fields.ts'
import { type FieldReader, MalformedField } from '../codec/field-reader.ts'
import { LIMITS } from '../limits.ts'
import type { PeerMessage } from './peer.ts'
import { type MessageFormat, PEER_MESSAGES } from './peer-messages-codec.ts'

/** A table row is applied only to messages of its own type: the key says so. */
type AnyFormat = MessageFormat<PeerMessage>
const BY_TYPE = PEER_MESSAGES as unknown as Readonly<Record<PeerMessage['t'], AnyFormat>>
const BY_NUMBER = new Map(Object.values(BY_TYPE).map((format) => [format.number, format]))

/** The sender keeps lists and bodies within `LIMITS`: the receiver refuses what is larger. */
export function encodePeer(message: PeerMessage): Uint8Array {
  const format = BY_TYPE[message.t]
  return encodeCanonical([format.number, ...format.write(message)])
}

export type DecodedPeer =
  | { readonly ok: true; readonly message: PeerMessage }
  | { readonly ok: false; readonly code: 'PEER_MALFORMED'; readonly why: string }

/** Checks every field of a frame from a peer; never throws. Signatures and meaning are not looked at. */
export function decodePeer(frame: Uint8Array): DecodedPeer {
  if (frame.length > LIMITS.peerFrameBytes) return malformed(`a frame of ${frame.length} bytes`)
  const decoded = decodeFields(frame, readMessage)
  return decoded.ok ? { ok: true, message: decoded.value } : malformed(decoded.why)
}

function readMessage(fields: FieldReader): PeerMessage {
  const number = fields.count()
  const format = BY_NUMBER.get(number)
  if (format === undefined) throw new MalformedField(`no message has number ${number}`)
  return format.read(fields)
}

function malformed(why: string): DecodedPeer {
  return { ok: false, code: 'PEER_MALFORMED', why }
}
