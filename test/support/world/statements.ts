/** Statements and signatures of the world: keyed hashes. The world holds the keys, so nothing can be forged by accident. */

import type { VerifiedGrant } from '@baton/shared/core/node/io'
import { toBase64Url, toUtf8 } from '@baton/shared/crypto/bytes'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Credential, Grant, Mastership, Resignation } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws, NodeId, PublicKey } from '@baton/shared/ids'

export function keyOf(node: NodeId): PublicKey {
  return toBase64Url(Buffer.from(sha256(toUtf8(`key of ${node}`)), 'hex')) as PublicKey
}

/** 64 bytes that only the world can make. */
export function signAs(node: NodeId, message: Uint8Array): Uint8Array {
  return Buffer.from(sha256(toUtf8(keyOf(node)), message), 'utf8')
}

function jws(kind: string, payload: unknown, signer: string): Jws {
  const head = toBase64Url(toUtf8(kind))
  const body = toBase64Url(toUtf8(JSON.stringify(payload)))
  return `${head}.${body}.${toBase64Url(Buffer.from(sha256(toUtf8(`${signer}~${head}.${body}`)), 'hex'))}` as Jws
}

export function certificateOf(cluster: ClusterId, node: NodeId): Jws {
  return jws('certificate', { cluster, node }, `owner of ${cluster}`)
}

export function credentialOf(grant: Grant): Credential {
  return { grant: jws('grant', grant, 'authority'), certificate: certificateOf(grant.cluster, grant.node) }
}

/** Null when it is not one the world has made. */
export function openCredential(credential: Credential): VerifiedGrant | null {
  const grant = JSON.parse(Buffer.from(credential.grant.split('.')[1] ?? '', 'base64url').toString()) as Grant
  const same = credentialOf(grant)
  if (same.grant !== credential.grant || same.certificate !== credential.certificate) return null
  const { cluster, generation, epoch, node, recovering } = grant
  const mastership: Mastership = { cluster, generation, epoch, node, key: keyOf(node), recovering, credential }
  return { mastership, grant }
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
