/**
 * Who held which token, from the credentials in blocks: a grant signed by an authority key of genesis, or by a majority of the members that
 * genesis names as arbiter (MJ1), and a certificate that leads to an owner key of the cluster (ID1–ID3, ID8). Verified here with Node's own crypto, not with the code of the nodes.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { voteSignBytes } from '@baton/shared/codec/vote'
import type {
  Credential,
  Grant,
  JoinToken,
  NodeCertificate,
  Renewal,
  RenewedCertificate,
} from '@baton/shared/crypto/statement-types'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Epoch, Generation, Hash, Height, NetworkId, Round } from '@baton/shared/ids'
import type { LoggedVote } from './evidence.ts'

/** Whether the vote is signed by the holder of its token; null when no credential names the holder. */
export type VoteVerifier = (vote: LoggedVote) => boolean | null

export function voteVerifier(genesis: Genesis, credentials: readonly Credential[]): VoteVerifier {
  const keys = new Map<string, KeyObject>()
  const seen = new Set<string>()
  for (const credential of credentials) {
    if (seen.has(credential.grant)) continue
    seen.add(credential.grant)
    const holder = verifiedHolder(genesis, credential)
    if (holder !== null) keys.set(holder.token, holder.key)
  }
  return (vote) => {
    const key = keys.get(tokenName(vote))
    if (key === undefined) return null
    return verify(null, signBytes(genesis.network, vote), key, Buffer.from(vote.signature, 'base64url'))
  }
}

function verifiedHolder(genesis: Genesis, credential: Credential): { token: string; key: KeyObject } | null {
  const grant = grantIn(genesis, credential.grant)
  if (grant === null) return null
  const owners = genesis.clusters.find(({ cluster }) => cluster === grant.cluster)?.ownerKeys ?? []
  const certificate = certificateUnder(genesis, owners, credential.certificate)
  if (certificate === null || certificate.node !== grant.node || certificate.cluster !== grant.cluster) return null
  return { token: tokenName(grant), key: ed25519(certificate.key) }
}

function grantIn(genesis: Genesis, text: string): Grant | null {
  const said = payloadOf<Grant>(text)
  const arbiter = genesis.clusters.find(({ cluster }) => cluster === said?.cluster)?.arbiter
  if (arbiter === undefined) return signedPayload<Grant>(text, genesis.authorityKeys)
  const end = text.lastIndexOf('.')
  const votes = votesIn(text.slice(end + 1))
  // A member whose key was replaced stands there twice, and is one.
  const names = new Set(arbiter.members.map(({ node }) => node))
  const signers = arbiter.members.filter(({ node, key }) =>
    votes.some(([name, vote]) => name === node && signedPayload(`${text.slice(0, end)}.${vote}`, [key]) !== null),
  )
  return 2 * new Set(signers.map(({ node }) => node)).size > names.size ? said : null
}

/** A grant of the authority has no list of votes in its place, but a signature. */
function votesIn(part: string): readonly (readonly [node: string, vote: string])[] {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return []
  }
}

/** Signed by an owner, by the key of a token that an owner signed, or either of them renewed by authority and node. */
function certificateUnder(genesis: Genesis, owners: readonly string[], jws: string): NodeCertificate | null {
  const renewed = signedPayload<Partial<RenewedCertificate>>(jws, genesis.authorityKeys)
  if (renewed !== null) {
    const asked = payloadOf<Partial<Renewal>>(renewed.renewal ?? '')
    const base = certificateUnder({ ...genesis, authorityKeys: [] }, owners, asked?.certificate ?? '')
    if (base === null || signedPayload<Renewal>(renewed.renewal ?? '', [base.key]) === null) return null
    return base
  }
  const owned = signedPayload<NodeCertificate>(jws, owners)
  const token = payloadOf<NodeCertificate>(jws)?.token
  if (owned !== null || token === undefined) return owned
  const delegate = signedPayload<JoinToken>(token, owners)
  const certificate = delegate === null ? null : signedPayload<NodeCertificate>(jws, [delegate.key])
  return certificate?.cluster === delegate?.cluster ? certificate : null
}

function payloadOf<Payload>(jws: string): Payload | null {
  const [, payload = ''] = jws.split('.')
  if (payload === '') return null
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Payload
}

/** The payload of a compact JWS that one of the keys has signed, else null. */
function signedPayload<Payload>(jws: string, keys: readonly string[]): Payload | null {
  const [header, payload, signature] = jws.split('.')
  const signed = Buffer.from(`${header}.${payload}`)
  const bytes = Buffer.from(signature ?? '', 'base64url')
  if (!keys.some((key) => verify(null, signed, ed25519(key), bytes))) return null
  return JSON.parse(Buffer.from(payload ?? '', 'base64url').toString('utf8')) as Payload
}

function ed25519(x: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

function tokenName(holder: { readonly cluster: string; readonly generation: number; readonly epoch: number }): string {
  return `${holder.cluster} ${holder.generation}.${holder.epoch}`
}

function signBytes(network: NetworkId, vote: LoggedVote): Uint8Array {
  return voteSignBytes(network, {
    cluster: vote.cluster as ClusterId,
    generation: vote.generation as Generation,
    epoch: vote.epoch as Epoch,
    height: vote.height as Height,
    round: vote.round as Round,
    type: vote.type,
    block: vote.block as Hash | null,
  })
}
