/** A block header with what proves, from genesis alone, that the network decided it. */

import { decodeStoredBlock } from '../../codec/block.ts'
import { encodeHeader, readHeader } from '../../codec/block-header.ts'
import { decodeCertificate } from '../../codec/certificate.ts'
import { decodeFields } from '../../codec/decode-fields.ts'
import type { Credential, Mastership } from '../../crypto/statement-types.ts'
import type { ClusterId, Hash, Height, NetworkId } from '../../ids.ts'
import type { ChainReader } from '../../ports/node-store.ts'
import { failure, type Result, success } from '../../result.ts'
import type { HashFunction } from '../step.ts'
import { checkCertificate, lookupIn, type VoteCheck } from './check-certificate.ts'
import { credentialsAt } from './token-history.ts'
import { applyMasterships, genesisTokens } from './tokens.ts'
import type { BlockHeader } from './types.ts'

export interface DecidedHeader {
  /** Encoded: their hash is the block's. */
  readonly header: Uint8Array
  readonly certificate: Uint8Array
  /** Behind the token table of the header, sorted by cluster. */
  readonly credentials: readonly Credential[]
}

/** Null above the tip, and where the store has no history of tokens. */
export function decidedHeader(hash: HashFunction, reader: ChainReader, height: Height): DecidedHeader | null {
  const stored = reader.block(height)
  const credentials = credentialsAt(reader, height)
  const block = stored === null ? null : decodeStoredBlock(hash, stored.bytes)
  if (stored === null || credentials === null || block?.ok !== true) return null
  return { header: encodeHeader(block.value.header), certificate: stored.certificate, credentials }
}

export interface OpenedHeader {
  readonly hash: Hash
  readonly header: BlockHeader
  /** Signatures that remain to be verified: all of them must be right. */
  readonly checks: readonly VoteCheck[]
}

/**
 * Everything about a decided header but its signatures. `masterships` are its credentials, verified, in their order; `late` those inside
 * its certificate. Never throws: headers come from outside.
 */
export function openDecidedHeader(
  hash: HashFunction,
  network: { readonly network: NetworkId; readonly clusters: readonly ClusterId[] },
  said: DecidedHeader,
  masterships: readonly Mastership[],
  late: readonly Mastership[],
): Result<OpenedHeader> {
  const header = decodeFields(said.header, readHeader)
  if (!header.ok) return header
  const certificate = decodeCertificate(said.certificate)
  if (!certificate.ok) return certificate
  const blockHash = hash(said.header)
  if (header.value.network !== network.network) return failure('PEER_MALFORMED', `of network ${header.value.network}`)
  if (certificate.value.block !== blockHash || certificate.value.height !== header.value.height) {
    return failure('PEER_MALFORMED', 'the certificate is of another block')
  }
  const table = applyMasterships(hash, genesisTokens(hash, network.clusters), masterships)
  if (!table.ok) return table
  if (table.value.hash !== header.value.tokens) {
    return failure('PEER_MALFORMED', 'the credentials are not those of the token table that the header names')
  }
  const check = checkCertificate(certificate.value, table.value, lookupIn(late))
  return check.ok ? success({ hash: blockHash, header: header.value, checks: check.checks }) : check
}
