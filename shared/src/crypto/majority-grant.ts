/**
 * A grant as the members of a cluster sign it that are its own arbiter (MJ1). Each signs a *grant vote*: the grant, and the ballot under which it
 * accepted the value with that grant. A majority's votes of one ballot are put together into one text, in the shape of a compact
 * JWS: the header and payload that all of them signed, and the signatures by the names of the signers. So the text stands wherever a grant of
 * the authority does.
 */
import type { MajorityArbiter } from '../genesis.ts'
import { clusterOf } from '../genesis-schema.ts'
import { type Jws, NAME_PATTERN, type NodeId } from '../ids.ts'
import { failure, type Result, success } from '../result.ts'
import type { Trust } from './authority-keys.ts'
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from './bytes.ts'
import { keysOfMember } from './member-keys.ts'
import { type Grant, STATEMENT_TYPES } from './statement-types.ts'
import { peekStatement, typeOf, verifyStatement } from './statements.ts'

/** What a member of a majority signs when it has accepted the value with this grant: the ballot keeps votes of different ones apart (MJ1). */
export interface GrantVote extends Grant {
  readonly ballot: { readonly counter: number; readonly node: NodeId }
}

/** A member's name, and the third part of its vote. */
export type VoteSignature = readonly [node: NodeId, signature: string]

export function isMajorityGrant(text: string): boolean {
  return typeOf(text) === STATEMENT_TYPES.grantVote
}

/** The votes of one ballot as one text. Throws when they say different things: they were taken under one ballot, by us. */
export function assembleGrant(votes: ReadonlyMap<NodeId, Jws>): Jws {
  let said: string | null = null
  const signatures: VoteSignature[] = []
  for (const [node, vote] of [...votes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const end = vote.lastIndexOf('.')
    if (said !== null && said !== vote.slice(0, end)) throw new Error('MJ1: votes of different ballots or grants')
    said = vote.slice(0, end)
    signatures.push([node, vote.slice(end + 1)])
  }
  return `${said}.${toBase64Url(toUtf8(JSON.stringify(signatures)))}` as Jws
}

/** A vote of this member, verified with the key that it has now: one before it is no member any more. `STATEMENT_INVALID` otherwise. */
export async function verifyVote(trust: Trust, node: NodeId, vote: string): Promise<Result<GrantVote>> {
  const read = peekStatement('grantVote', vote)
  if (!read.ok) return read
  const members = membersOf(trust, read.payload)
  if (!members.ok) return members
  const key = members.value.find((member) => member.node === node)?.key
  if (key === undefined) return failure('STATEMENT_INVALID', `${node} is no member of ${read.payload.cluster}`)
  const verified = await verifyStatement('grantVote', vote, [key])
  return verified.ok ? success(verified.payload) : verified
}

/** A grant that more than half of the members of its cluster have signed under one ballot, each with a key that it has or had. `STATEMENT_INVALID` otherwise. */
export async function verifyMajorityGrant(trust: Trust, text: string): Promise<Result<Grant>> {
  const read = peekStatement('grantVote', text)
  if (!read.ok) return read
  const members = membersOf(trust, read.payload)
  if (!members.ok) return members
  const end = text.lastIndexOf('.')
  const signatures = readSignatures(text.slice(end + 1), members.value.length)
  if (signatures === null) return failure('STATEMENT_INVALID', 'the signatures of the members cannot be read')
  const problem = signersProblem(
    members.value.map(({ node }) => node),
    signatures.map(([node]) => node),
  )
  if (problem !== null) return failure('STATEMENT_INVALID', problem)
  for (const [node, signature] of signatures) {
    const keys = keysOfMember(trust, read.payload.cluster, node)
    const vote = await verifyStatement('grantVote', `${text.slice(0, end)}.${signature}`, keys)
    if (!vote.ok) return failure('STATEMENT_INVALID', `the signature of ${node}: ${vote.why}`)
  }
  return success(grantOfVote(read.payload))
}

/** Why these signers are no majority of these members; null when they are. */
export function signersProblem(members: readonly NodeId[], signers: readonly NodeId[]): string | null {
  const outside = signers.find((node) => !members.includes(node))
  if (outside !== undefined) return `${outside} is no member`
  if (new Set(signers).size !== signers.length) return 'a member has signed twice'
  if (2 * signers.length > members.length) return null
  return `${signers.length} of ${members.length} members have signed: that is no majority`
}

export function grantOfVote({ ballot: _, ...grant }: GrantVote): Grant {
  return grant
}

type Members = MajorityArbiter['members']

/** The recorded list: at least three, each name and each key once, or one host would count as two. */
function membersOf(trust: Trust, { network, cluster }: GrantVote): Result<Members> {
  if (network !== trust.network) return failure('STATEMENT_INVALID', `the grant is of network ${network}`)
  const arbiter = clusterOf(trust, cluster)?.arbiter
  if (arbiter === undefined) return failure('STATEMENT_INVALID', `the members of ${cluster} are not its arbiter`)
  const { members } = arbiter
  const distinct = Math.min(new Set(members.map(({ node }) => node)).size, new Set(members.map(({ key }) => key)).size)
  if (distinct < 3 || distinct < members.length) {
    return failure('STATEMENT_INVALID', `genesis names fewer than three different members of ${cluster}`)
  }
  return success(members)
}

/** Null for anything that `assembleGrant` would not write: one set of signatures has one text. */
function readSignatures(part: string, most: number): readonly VoteSignature[] | null {
  const bytes = fromBase64Url(part)
  const text = bytes === null ? null : fromUtf8(bytes)
  if (text === null) return null
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(read) || read.length > most || !read.every(isSignature)) return null
  const signatures: readonly VoteSignature[] = read
  const inOrder = signatures.every(([node], at) => at === 0 || signatures[at - 1]![0] <= node)
  return inOrder && JSON.stringify(read) === text ? signatures : null
}

function isSignature(value: unknown): value is VoteSignature {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [node, signature] = value as unknown[]
  return typeof node === 'string' && NAME_PATTERN.test(node) && typeof signature === 'string' && signature.length === 86
}
