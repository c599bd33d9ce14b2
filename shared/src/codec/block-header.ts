/** Block headers as bytes. The hash of these bytes is the hash of the block: each part of the body is bound by a field. */
import type { BlockHeader } from '../core/ledger/types.ts'
import type { NetworkId } from '../ids.ts'
import { encodeCanonical } from './cbor.ts'
import type { FieldReader } from './field-reader.ts'
import { hashToBytes } from './hash-bytes.ts'

const DOMAIN = 'baton-block/1'

/** `["baton-block/1", network, height, previous, time, proposer, transactionsRoot, credentials, tokens, result, lastCommit]` */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return encodeCanonical([
    DOMAIN,
    header.network,
    header.height,
    hashToBytes(header.previous),
    header.time,
    header.proposer,
    hashToBytes(header.transactionsRoot),
    hashToBytes(header.credentials),
    hashToBytes(header.tokens),
    hashToBytes(header.result),
    hashToBytes(header.lastCommit),
  ])
}

export function readHeader(fields: FieldReader): BlockHeader {
  fields.oneOf(DOMAIN)
  return {
    network: fields.name<NetworkId>(),
    height: fields.height(),
    previous: fields.hash(),
    time: fields.count(),
    proposer: fields.cluster(),
    transactionsRoot: fields.hash(),
    credentials: fields.hash(),
    tokens: fields.hash(),
    result: fields.hash(),
    lastCommit: fields.hash(),
  }
}
