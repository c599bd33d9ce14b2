/**
 * Who a node is, from genesis down: owner → certificate, or owner → join token → certificate, and after it, where it was renewed, the
 * node's own word with the authority's beside it. Checked offline, by everybody alike, and without a clock (ID1–ID3, ID8).
 */

import type { GenesisCluster } from '../genesis.ts'
import { clusterOf } from '../genesis-schema.ts'
import type { Jws, UnixMs } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { type Failure, failure, type Result, success } from '../result.ts'
import { knownKeys, type Trust } from './authority-keys.ts'
import { endOfOwnerKey } from './owner-keys.ts'
import { type JoinToken, type NodeCertificate, type Renewal, STATEMENT_TYPES } from './statement-types.ts'
import { peekStatement, typeOf, verifySigned, verifyStatement } from './statements.ts'

export interface CertificateChain {
  /** With the expiry that counts: that of the renewal, when there is one, and no later than the end of its owner's key. */
  readonly certificate: NodeCertificate
  /** As the owner or the token signed it: what a renewal is made of. */
  readonly base: Jws
  readonly token: JoinToken | null
  /** Before any renewal: how long the owner meant it to live. */
  readonly firstExpiresAt: UnixMs
  /** No renewal goes further; null: none at all. */
  readonly renewUntil: UnixMs | null
  /** When the owner key at its root ceases to count, because another one replaces it (ID1); null: it does not. */
  readonly ownerKeyEnds: UnixMs | null
}

/**
 * A certificate, renewed or not, that leads to an owner key of the cluster it names. `CERTIFICATE_INVALID` otherwise, `TOKEN_INVALID` when
 * the fault is the token's. Expiry is not looked at: see `certificateExpired`.
 */
export async function verifyChain(trust: Trust, jws: string): Promise<Result<CertificateChain>> {
  const chain = await verifyWhole(trust, jws)
  return chain.ok ? success(endingWithItsOwnerKey(chain.value)) : chain
}

/** ID1, ID8: a replaced owner key ends as a certificate does. It gates joining, sessions and grants, and no vote. */
function endingWithItsOwnerKey(chain: CertificateChain): CertificateChain {
  const { certificate, renewUntil, ownerKeyEnds: end } = chain
  if (end === null) return chain
  const expiresAt = Math.min(certificate.expiresAt, end) as UnixMs
  return {
    ...chain,
    certificate: { ...certificate, expiresAt },
    renewUntil: renewUntil === null ? null : (Math.min(renewUntil, end) as UnixMs),
  }
}

async function verifyWhole(trust: Trust, jws: string): Promise<Result<CertificateChain>> {
  if (typeOf(jws) !== STATEMENT_TYPES.renewedCertificate) return verifyBase(trust, jws)
  const countersigned = await verifyStatement('renewedCertificate', jws, knownKeys(trust))
  if (!countersigned.ok) return invalid(`the authority has not countersigned the renewal: ${countersigned.why}`)
  const renewal = peekStatement('renewal', countersigned.payload.renewal)
  if (!renewal.ok) return invalid(renewal.why)
  const base = await verifyBase(trust, renewal.payload.certificate)
  if (!base.ok) return base
  const { certificate } = base.value
  const signed = await verifyStatement('renewal', countersigned.payload.renewal, [certificate.key])
  if (!signed.ok) return invalid(`the node has not signed its renewal: ${signed.why}`)
  for (const said of [countersigned.payload, signed.payload]) {
    if (
      said.network !== certificate.network ||
      said.cluster !== certificate.cluster ||
      said.node !== certificate.node
    ) {
      return invalid(
        `the renewal is of ${said.cluster}/${said.node}, not of ${certificate.cluster}/${certificate.node}`,
      )
    }
  }
  const problem = renewalProblem(base.value, signed.payload)
  if (problem !== null) return invalid(problem)
  return success({ ...base.value, certificate: { ...certificate, expiresAt: signed.payload.expiresAt } })
}

/** `verifyChain` for those who only ask who the node is. */
export async function verifyCertificate(trust: Trust, jws: string): Promise<Result<NodeCertificate>> {
  const chain = await verifyChain(trust, jws)
  return chain.ok ? success(chain.value.certificate) : chain
}

/** What a certificate says, renewed or not, WITHOUT verifying anything: for logs, and to learn what to verify it with. */
export function peekCertificate(jws: string): Result<NodeCertificate> {
  if (typeOf(jws) !== STATEMENT_TYPES.renewedCertificate) return peeked('certificate', jws)
  const outer = peekStatement('renewedCertificate', jws)
  if (!outer.ok) return invalid(outer.why)
  const renewal = peekStatement('renewal', outer.payload.renewal)
  if (!renewal.ok) return invalid(renewal.why)
  const base = peeked('certificate', renewal.payload.certificate)
  return base.ok ? success({ ...base.value, expiresAt: renewal.payload.expiresAt }) : base
}

/** ID8: why this renewal goes beyond what the owner has allowed, or null. */
export function renewalProblem({ certificate, renewUntil }: CertificateChain, renewal: Renewal): string | null {
  if (renewUntil === null) return 'its owner allows no renewal'
  if (renewal.expiresAt > renewUntil) return `it goes beyond ${dateOf(renewUntil)}, which the owner allows`
  if (renewal.expiresAt <= certificate.expiresAt) return 'it ends no later than the certificate that it renews'
  if (renewal.expiresAt - renewal.issuedAt > LIMITS.certificateMs) return 'it is longer than a renewal may be'
  return null
}

/**
 * ID2: whether `known`, of the same node, has taken the place of `shown`: only its owner gives a node another key or site, by a certificate
 * issued later. So an old key comes back no more.
 */
export function replacedBy(known: NodeCertificate, shown: NodeCertificate): boolean {
  const same = known.key === shown.key && known.site === shown.site
  return !same && known.issuedAt > shown.issuedAt
}

/** ID8: gates joining, sessions and grants, never votes. */
export function certificateExpired(certificate: NodeCertificate, now: UnixMs): boolean {
  return now >= certificate.expiresAt
}

async function verifyBase(trust: Trust, jws: string): Promise<Result<CertificateChain>> {
  const read = peeked('certificate', jws)
  if (!read.ok) return read
  const { network, cluster: name, token, renewUntil } = read.value
  if (network !== trust.network) return invalid(`it is of network ${network}, not ${trust.network}`)
  const cluster = clusterOf(trust, name)
  if (cluster === null) return invalid(`genesis has no cluster ${name}`)
  if (token !== undefined) return verifyDelegated(trust, cluster, jws as Jws, read.value, token)
  const verified = await verifySigned('certificate', jws, cluster.ownerKeys)
  if (!verified.ok) return invalid(verified.why)
  const { payload, signer } = verified
  const firstExpiresAt = payload.expiresAt
  return success({
    certificate: payload,
    base: jws as Jws,
    token: null,
    firstExpiresAt,
    renewUntil: renewUntil ?? null,
    ownerKeyEnds: endOfOwnerKey(trust, name, signer),
  })
}

/** ID3: owner → token → node. */
async function verifyDelegated(
  trust: Trust,
  cluster: GenesisCluster,
  jws: Jws,
  certificate: NodeCertificate,
  tokenJws: Jws,
): Promise<Result<CertificateChain>> {
  const token = await verifySigned('joinToken', tokenJws, cluster.ownerKeys)
  if (!token.ok)
    return failure('TOKEN_INVALID', `the owner of ${cluster.cluster} has not signed the token: ${token.why}`)
  const problem = delegationProblem(token.payload, certificate)
  if (problem !== null) return failure('TOKEN_INVALID', problem)
  const verified = await verifyStatement('certificate', jws, [token.payload.key])
  if (!verified.ok) return invalid(`the token has not signed it: ${verified.why}`)
  const { renewUntil } = token.payload
  const firstExpiresAt = certificate.expiresAt
  return success({
    certificate,
    base: jws,
    token: token.payload,
    firstExpiresAt,
    renewUntil: renewUntil ?? null,
    ownerKeyEnds: endOfOwnerKey(trust, cluster.cluster, token.signer),
  })
}

/** Why a token may not certify this, or null. Only an owner sets `renewUntil`. */
function delegationProblem(token: JoinToken, certificate: NodeCertificate): string | null {
  const { network, cluster, node, site, issuedAt, expiresAt, renewUntil } = certificate
  if (token.network !== network || token.cluster !== cluster) {
    return `the token is for ${token.network}/${token.cluster}, the certificate for ${network}/${cluster}`
  }
  if (token.site !== undefined && token.site !== site) return `the token is for site ${token.site}, not ${site}`
  if (token.node !== undefined && token.node !== node) return `the token is for node ${token.node}, not ${node}`
  if (issuedAt < token.issuedAt || issuedAt >= token.expiresAt) {
    return `the token was valid from ${dateOf(token.issuedAt)} to ${dateOf(token.expiresAt)}, not at ${dateOf(issuedAt)}`
  }
  if (renewUntil !== undefined) return 'a token extends no right to renew'
  if (expiresAt - issuedAt > LIMITS.certificateMs) return 'the certificate lives longer than a token may give'
  return null
}

function peeked(kind: 'certificate', jws: string): Result<NodeCertificate> {
  const read = peekStatement(kind, jws)
  return read.ok ? success(read.payload) : invalid(read.why)
}

function invalid(why: string): Failure {
  return failure('CERTIFICATE_INVALID', why)
}

function dateOf(at: UnixMs): string {
  return at <= 8.64e15 ? new Date(at).toISOString() : `${at} ms`
}
