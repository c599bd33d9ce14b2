/** Statements and signatures of the world: keyed hashes. The world holds the keys, so nothing can be forged by accident. */

import type { GrantAtBallot } from '@baton/shared/core/arbiter/types'
import type { VerifiedGrant } from '@baton/shared/core/node/io'
import type { Member } from '@baton/shared/core/registry/types'
import { toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import { signersProblem } from '@baton/shared/crypto/majority-grant'
import type { KnownSyncSet, RecordedSyncSet } from '@baton/shared/crypto/recorded-sync-set'
import type { Credential, Grant, Mastership, Reshape, Resignation } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws, NodeId, PublicKey } from '@baton/shared/ids'
import type { Host } from './host.ts'

const keys = new Map<NodeId, PublicKey>()

export function keyOf(node: NodeId): PublicKey {
  const known = keys.get(node)
  if (known !== undefined) return known
  const key = toBase64Url(Buffer.from(sha256(toUtf8(`key of ${node}`)), 'hex')) as PublicKey
  keys.set(node, key)
  return key
}

function jws(kind: string, payload: unknown, signer: string): Jws {
  const head = toBase64Url(toUtf8(kind))
  const body = toBase64Url(toUtf8(JSON.stringify(payload)))
  return `${head}.${body}.${toBase64Url(Buffer.from(sha256(toUtf8(`${signer}~${head}.${body}`)), 'hex'))}` as Jws
}

const certificates = new Map<string, Jws>()

export function certificateOf(cluster: ClusterId, node: NodeId): Jws {
  const name = `${cluster} ${node}`
  const known = certificates.get(name)
  if (known !== undefined) return known
  const certificate = jws('certificate', { cluster, node }, `owner of ${cluster}`)
  certificates.set(name, certificate)
  return certificate
}

export function credentialOf(grant: Grant): Credential {
  return { grant: jws('grant', grant, 'authority'), certificate: certificateOf(grant.cluster, grant.node) }
}

const opened = new Map<Jws, { readonly certificate: Jws; readonly grant: VerifiedGrant | null }>()

/** Null when it is not one the world has made. */
export function openCredential(credential: Credential): VerifiedGrant | null {
  const known = opened.get(credential.grant)
  if (known?.certificate === credential.certificate) return known.grant
  const grant = open(credential)
  opened.set(credential.grant, { certificate: credential.certificate, grant })
  return grant
}

/** What a member of a majority signs (MJ1). */
export function signVote(node: NodeId, { grant, ballot }: GrantAtBallot): string {
  return sha256(toUtf8(`${node} signs ${JSON.stringify([grant, ballot])}`))
}

/** In the place of genesis: which nodes are the arbiter of their cluster. */
function charterOf(cluster: ClusterId, members: readonly NodeId[]): string {
  return sha256(toUtf8(`genesis names for ${cluster}: ${members.join(' ')}`))
}

interface Proof extends GrantAtBallot {
  readonly signatures: readonly (readonly [NodeId, string])[]
  readonly members: readonly NodeId[]
  readonly charter: string
}

/** The signatures of members under one ballot, as one text: it proves what it holds to whoever looks. */
export function proveGrant(
  cluster: ClusterId,
  members: readonly NodeId[],
  signed: GrantAtBallot,
  signatures: ReadonlyMap<NodeId, string>,
): Jws {
  const charter = charterOf(cluster, members)
  return jws('majority', { ...signed, signatures: [...signatures], members, charter } satisfies Proof, 'nobody')
}

function isProven({ grant, ballot, signatures, members, charter }: Proof): boolean {
  const signers = signatures.map(([node]) => node)
  return (
    charterOf(grant.cluster, members) === charter &&
    signersProblem(members, signers) === null &&
    signatures.every(([node, signature]) => signVote(node, { grant, ballot }) === signature)
  )
}

function open(credential: Credential): VerifiedGrant | null {
  const said = JSON.parse(Buffer.from(credential.grant.split('.')[1] ?? '', 'base64url').toString()) as Grant | Proof
  if ('charter' in said) {
    const { cluster, node } = said.grant
    if (!isProven(said) || credential.certificate !== certificateOf(cluster, node)) return null
    return verifiedGrant(said.grant, credential)
  }
  const grant = said
  const same = credentialOf(grant)
  if (same.grant !== credential.grant || same.certificate !== credential.certificate) return null
  return verifiedGrant(grant, credential)
}

function verifiedGrant(grant: Grant, credential: Credential): VerifiedGrant {
  const { cluster, generation, epoch, node, recovering } = grant
  const mastership: Mastership = { cluster, generation, epoch, node, key: keyOf(node), recovering, credential }
  return { mastership, grant }
}

export function signReshape(reshape: Reshape): Jws {
  return jws('reshape', reshape, reshape.node)
}

const words = new Map<Jws, KnownSyncSet>()

/** Signed by the authority; opened at once, since every node will. */
export function signSyncSet(recorded: RecordedSyncSet): Jws {
  const statement = jws('syncSet', recorded, 'authority')
  if (!words.has(statement)) words.set(statement, { recorded, statement, reshape: reshapeIn(recorded) })
  return statement
}

/** Undefined when it is none that the world has signed. */
export function openSyncSet(statement: Jws): KnownSyncSet | undefined {
  return words.get(statement)
}

function reshapeIn({ reshape: statement }: RecordedSyncSet): KnownSyncSet['reshape'] {
  if (statement === null) return null
  const reshape = JSON.parse(Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString()) as Reshape
  if (signReshape(reshape) !== statement) throw new Error('a reshape that nobody has signed was recorded')
  return { reshape, statement }
}

export function signResignation(resignation: Resignation): Jws {
  return `r.${toBase64Url(toUtf8(JSON.stringify(resignation)))}.s` as Jws
}

export function openResignation(jws: Jws): Resignation | null {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Resignation
  } catch {
    return null
  }
}

/** As the owner has certified it, and as it says itself. */
export function memberOf(host: Pick<Host, 'node' | 'cluster' | 'site'>): Member {
  return {
    node: host.node,
    site: host.site,
    certificate: certificateOf(host.cluster, host.node),
    peerAddress: host.node,
    apiAddress: host.node,
    priority: 0,
    noFailover: false,
    key: keyOf(host.node),
    expiresAt: Number.MAX_SAFE_INTEGER as never,
  }
}
