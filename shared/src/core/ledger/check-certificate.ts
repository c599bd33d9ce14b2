/** Judges a commit certificate's structure and says which signatures remain to be verified by the driver. */
import type { Mastership } from '../../crypto/statement-types.ts'
import { type ClusterId, compareTokens, type PublicKey, sameToken, type Token } from '../../ids.ts'
import { type Failure, failure } from '../../result.ts'
import type { Vote } from '../consensus/messages.ts'
import { byName, type TokenTable } from './tokens.ts'
import { type CommitCertificate, type CommitVote, quorum } from './types.ts'

/** A verified mastership by its exact token; undefined when no credential for it is known. */
export type MastershipLookup = (cluster: ClusterId, token: Token) => Mastership | undefined

/** One signature to verify: `vote.signature` by `key` over the sign bytes of `vote`. */
export interface VoteCheck {
  readonly key: PublicKey
  readonly vote: Vote
}
export type CertificateCheck = { readonly ok: true; readonly checks: readonly VoteCheck[] } | Failure

/**
 * A certificate holds when more than two thirds of the clusters are in it, each once, sorted, each under a token that is not
 * below the block's own table (a vote under a lower token is void: it counts for nothing, NW3), and all returned signatures
 * verify. `table` is the token table after the certified block; `mastershipOf` is asked for tokens above it only. Fails with `PEER_MALFORMED`, or with `PEER_UNEXPECTED`
 * when the credential of a vote's token is missing.
 */
export function checkCertificate(
  certificate: CommitCertificate,
  table: TokenTable,
  mastershipOf: MastershipLookup,
): CertificateCheck {
  const checks: VoteCheck[] = []
  let last: ClusterId | null = null
  for (const vote of certificate.votes) {
    if (last !== null && byName(last, vote.cluster) >= 0) return failure('PEER_MALFORMED', 'votes are not sorted')
    last = vote.cluster
    const entry = table.entries.find(({ cluster }) => cluster === vote.cluster)
    if (entry === undefined) return failure('PEER_MALFORMED', `${vote.cluster} is no cluster of this network`)
    if (compareTokens(vote, entry) < 0) continue
    const named = table.masterships.get(vote.cluster)
    const mastership = named !== undefined && sameToken(named, vote) ? named : mastershipOf(vote.cluster, vote)
    if (mastership === undefined) {
      return failure('PEER_UNEXPECTED', `no credential for ${vote.cluster} at ${vote.generation}.${vote.epoch}`)
    }
    checks.push({ key: mastership.key, vote: precommit(certificate, vote) })
  }
  const needed = quorum(table.entries.length)
  if (checks.length < needed) return failure('PEER_MALFORMED', `${checks.length} votes count, ${needed} are needed`)
  return { ok: true, checks }
}

/** Looks in verified masterships of any origin: those of the table, of the certificate's credentials, of the store. */
export function lookupIn(...sources: readonly Iterable<Mastership>[]): MastershipLookup {
  const known = sources.flatMap((source) => [...source])
  return (cluster, token) => known.find((mastership) => mastership.cluster === cluster && sameToken(mastership, token))
}

function precommit(certificate: CommitCertificate, vote: CommitVote): Vote {
  const { height, round, block } = certificate
  return { ...vote, height, round, type: 'precommit', block }
}
