/** The signatures of a majority's members (MJ1): what a member signs when it has accepted a grant, and how the proposer puts them together. */
import { whatToSign } from '@baton/shared/core/arbiter/acceptor'
import { type Ballot, compareBallots } from '@baton/shared/core/arbiter/ballot'
import type { ArbiterState, GrantAtBallot } from '@baton/shared/core/arbiter/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { assembleGrant, verifyVote } from '@baton/shared/crypto/majority-grant'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Jws, NodeId } from '@baton/shared/ids'
import { failure, type Result, success } from '@baton/shared/result'

type PrivateKey = Parameters<typeof signStatement>[2]

export function signVote({ grant, ballot }: GrantAtBallot, privateKey: PrivateKey): Promise<Jws> {
  return signStatement('grantVote', { ...grant, ballot }, privateKey)
}

/** The votes, each verified by `checkVote`, as one text that proves the grant to everybody. */
export function proveGrant(_: GrantAtBallot, votes: ReadonlyMap<NodeId, string>): Jws {
  return assembleGrant(votes as ReadonlyMap<NodeId, Jws>)
}

export interface VoteParts {
  readonly trust: Trust
  readonly privateKey: PrivateKey
}

/**
 * The vote of `from` for what this member proposes under `ballot`: null where none is wanted any more. It must say byte for byte what this member
 * would sign itself, or the votes could not be put together.
 */
export async function checkVote(
  { trust, privateKey }: VoteParts,
  { proposal }: ArbiterState,
  from: NodeId,
  { ballot, vote }: { readonly ballot: Ballot; readonly vote: string },
): Promise<Result<string | null>> {
  if (proposal?.p !== 'accepting' || compareBallots(proposal.ballot, ballot) !== 0) return success(null)
  const sign = whatToSign({ ballot, value: proposal.value })
  if (sign === null) return success(null)
  const own = await signVote(sign, privateKey)
  if (saidIn(own) !== saidIn(vote)) return failure('PEER_SIGNATURE', `${from} has signed another grant or ballot`)
  const verified = await verifyVote(trust, from, vote)
  return verified.ok ? success(vote) : failure('PEER_SIGNATURE', `the vote of ${from}: ${verified.why}`)
}

function saidIn(vote: string): string {
  return vote.slice(0, vote.lastIndexOf('.'))
}
