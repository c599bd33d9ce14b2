/** ID5: who may be at the other end of a TLS socket. Asked by both sides, before any upgrade. */
import type { TLSSocket } from 'node:tls'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import type { NodeCertificate } from '@baton/shared/crypto/statement-types'
import type { ClusterId, NodeId } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { PeerRefusal } from '@baton/shared/ports/peer-links'
import { checkPeerCertificate, type PeerCheck, refuse } from '../../identity/check-peer.ts'

export interface Objection {
  readonly reason: Extract<PeerRefusal, 'revoked' | 'replaced'>
  readonly why: string
}

export interface Admission {
  readonly genesis: Trust
  readonly self: NodeId
  readonly clock: Clock
  /** ID2, ID8: what speaks against a certificate that verifies, or null. */
  readonly objection: (certificate: NodeCertificate) => Objection | null
  /** Whose node this is, when more than a claim is known. */
  readonly clusterOf: (node: NodeId) => ClusterId | undefined
}

/** The certificate that the other side has proved to own, on whichever side we are. */
async function checkSocket(socket: TLSSocket, { genesis, clock, objection }: Admission): Promise<PeerCheck> {
  // A resumed session repeats an old proof: the key may have changed hands or expired since.
  if (socket.isSessionReused()) return refuse('tls-resumed', 'the TLS session was resumed')
  if (socket.getProtocol() !== 'TLSv1.3') return refuse('tls', `${socket.getProtocol()} instead of TLSv1.3`)
  // rejectUnauthorized is off, so a side without a certificate gets this far.
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return refuse('no-certificate', 'it showed no certificate')
  const check = await checkPeerCertificate(certificate.raw, genesis, clock.wallNow())
  if (!check.ok) return check
  const against = objection(check.value)
  return against === null ? check : refuse(against.reason, against.why, check.value.node)
}

/** A node that dials us must have the lower id: the other direction is ours to dial, or two links would cross. */
export async function admitInbound(socket: TLSSocket, admission: Admission): Promise<PeerCheck> {
  const check = await checkSocket(socket, admission)
  if (!check.ok) return check
  const { node, cluster } = check.value
  const known = admission.clusterOf(node)
  if (known !== undefined && known !== cluster) {
    return refuse('other-node', `${node} is a node of ${known}, and this one comes from ${cluster}`, node)
  }
  if (node === admission.self) return refuse('own-identity', `it has this node's own certificate (${node})`, node)
  if (node > admission.self) {
    return refuse('wrong-direction', `${node} must wait to be dialled by ${admission.self}`, node)
  }
  return check
}

/** The node that answers must be the one that was dialled. */
export async function admitOutbound(
  socket: TLSSocket,
  admission: Admission,
  dialled: { readonly node: NodeId; readonly cluster: ClusterId },
): Promise<PeerCheck> {
  const check = await checkSocket(socket, admission)
  if (!check.ok) return { ...check, node: dialled.node }
  const { node, cluster } = check.value
  if (node === dialled.node && cluster === dialled.cluster) return check
  const why = `${cluster}/${node} answers where ${dialled.cluster}/${dialled.node} was expected`
  return refuse('other-node', why, dialled.node)
}
