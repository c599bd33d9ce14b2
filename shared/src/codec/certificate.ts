/** Commit certificates as bytes: `["baton-commit/1", height, round, block, votes, credentials]`. */
import type { CommitCertificate, CommitVote } from '../core/ledger/types.ts'
import type { HashFunction } from '../core/step.ts'
import type { Epoch, Generation, Hash } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import type { Result } from '../result.ts'
import { encodeCanonical } from './cbor.ts'
import { decodeFields } from './decode-fields.ts'
import type { FieldReader } from './field-reader.ts'
import { hashToBytes } from './hash-bytes.ts'

const DOMAIN = 'baton-commit/1'

export function encodeCertificate(certificate: CommitCertificate): Uint8Array {
  const { height, round, block, votes, credentials } = certificate
  return encodeCanonical([
    DOMAIN,
    height,
    round,
    hashToBytes(block),
    votes.map(writeCommitVote),
    credentials.map((credential) => [credential.grant, credential.certificate]),
  ])
}

/** What a header's `lastCommit` is: the hash of the encoded certificate, which names its own domain. */
export function certificateHash(hash: HashFunction, encoded: Uint8Array): Hash {
  return hash(encoded)
}

/** Decodes bytes from anywhere; never throws. Judges the shape only. Fails with `PEER_MALFORMED`. */
export function decodeCertificate(bytes: Uint8Array): Result<CommitCertificate> {
  return decodeFields(bytes, readCertificate)
}

function readCertificate(fields: FieldReader): CommitCertificate {
  fields.oneOf(DOMAIN)
  return {
    height: fields.height(),
    round: fields.round(),
    block: fields.hash(),
    votes: fields.list(LIMITS.clusters, (item) => item.array(readCommitVote)),
    credentials: fields.list(LIMITS.clusters, (item) => item.array((pair) => pair.credential())),
  }
}

/** A vote whose height, round and block stand beside it: of a certificate, or of a polka. */
export function writeCommitVote({ cluster, generation, epoch, signature }: CommitVote): readonly unknown[] {
  return [cluster, generation, epoch, signature]
}

export function readCommitVote(fields: FieldReader): CommitVote {
  return {
    cluster: fields.cluster(),
    generation: fields.count() as Generation,
    epoch: fields.count() as Epoch,
    signature: fields.signature(),
  }
}
