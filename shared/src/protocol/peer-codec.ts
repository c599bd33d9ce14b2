/** Peer frames: one canonical CBOR array `[number of the type, …fields]` per message, limits from `limits.ts`. */
import { assert } from '../assert.ts'
import { encodeCanonical } from '../codec/cbor.ts'
import { decodeFields } from '../codec/decode-fields.ts'
import { type FieldReader, MalformedField } from '../codec/field-reader.ts'
import { LIMITS } from '../limits.ts'
import { PEER_PROTOCOL, type PeerMessage } from './peer.ts'
import { PEER_MESSAGES_BEFORE } from './peer-messages-before.ts'
import { type MessageFormat, PEER_MESSAGES, type PeerFormats } from './peer-messages-codec.ts'

export type DecodedPeer =
  | { readonly ok: true; readonly message: PeerMessage }
  | { readonly ok: false; readonly code: 'PEER_MALFORMED'; readonly why: string }

/** One set of formats for each version that this program speaks (PV2). */
export interface PeerCodec {
  /** Null when this version lacks the message: it is not sent. */
  encode(version: number, message: PeerMessage): Uint8Array | null
  decode(version: number, frame: Uint8Array): DecodedPeer
}

/** Of one version, by older formats; `null`: it lacks the message. */
export type FormatsBefore = { readonly [T in PeerMessage['t']]?: PeerFormats[T] | null }

/** A table row is applied only to messages of its own type: the key says so. */
type AnyFormat = MessageFormat<PeerMessage>
interface FormatTable {
  readonly byType: ReadonlyMap<string, AnyFormat>
  readonly byNumber: ReadonlyMap<number, AnyFormat>
}

/** @param before what an older version has instead, and with it all versions below */
export function peerCodec(
  range: { readonly min: number; readonly max: number },
  formats: PeerFormats,
  before: { readonly [version: number]: FormatsBefore },
): PeerCodec {
  const tables = new Map<number, FormatTable>()
  let current: Record<string, AnyFormat | null> = { ...(formats as unknown as Record<string, AnyFormat>) }
  for (let version = range.max; version >= range.min; version--) {
    current = { ...current, ...(before[version] as Record<string, AnyFormat | null> | undefined) }
    const known = Object.entries(current).flatMap(([type, format]) =>
      format === null ? [] : [[type, format] as const],
    )
    tables.set(version, {
      byType: new Map(known),
      byNumber: new Map(known.map(([, format]) => [format.number, format])),
    })
  }
  const tableOf = (version: number): FormatTable => {
    const table = tables.get(version)
    assert(table !== undefined, `PV1: version ${version} of the peer protocol was never agreed`)
    return table
  }
  return {
    encode(version, message) {
      const format = tableOf(version).byType.get(message.t)
      return format === undefined ? null : encodeCanonical([format.number, ...format.write(message)])
    },
    decode(version, frame) {
      if (frame.length > LIMITS.peerFrameBytes) return malformed(`a frame of ${frame.length} bytes`)
      const { byNumber } = tableOf(version)
      const decoded = decodeFields(frame, (fields) => readMessage(byNumber, fields))
      return decoded.ok ? { ok: true, message: decoded.value } : malformed(decoded.why)
    },
  }
}

const CODEC = peerCodec(PEER_PROTOCOL, PEER_MESSAGES, PEER_MESSAGES_BEFORE)

/** In the newest version. The sender keeps lists and bodies within `LIMITS`: the receiver refuses what is larger. */
export function encodePeer(message: PeerMessage): Uint8Array {
  const frame = CODEC.encode(PEER_PROTOCOL.max, message)
  assert(frame !== null, 'the newest version has every message')
  return frame
}

/** In a version that was agreed on; null when it lacks the message (PV2). */
export function encodePeerAs(version: number, message: PeerMessage): Uint8Array | null {
  return CODEC.encode(version, message)
}

/** Checks every field of a frame from a peer; never throws. Signatures and meaning are not looked at. */
export function decodePeer(frame: Uint8Array, version: number = PEER_PROTOCOL.max): DecodedPeer {
  return CODEC.decode(version, frame)
}

function readMessage(byNumber: ReadonlyMap<number, AnyFormat>, fields: FieldReader): PeerMessage {
  const number = fields.count()
  const format = byNumber.get(number)
  if (format === undefined) throw new MalformedField(`no message has number ${number}`)
  return format.read(fields)
}

function malformed(why: string): DecodedPeer {
  return { ok: false, code: 'PEER_MALFORMED', why }
}
