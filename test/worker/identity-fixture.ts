/** Tokens, joins and notices, for the tests of the authority's door. */
import type { JoinToken, NodeCertificate, Revocation } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, Jws, NodeId, SiteId, UnixMs } from '@baton/shared/ids'
import { keyOf, NETWORK } from './network.ts'
import { clusterUrl, get, ORIGIN, TestNode } from './test-node.ts'

const HOUR = 3_600_000

export async function makeToken(cluster: ClusterId, change: Partial<JoinToken> = {}, owner = `owner ${cluster}`) {
  const id = change.id ?? crypto.randomUUID()
  const keys = await keyOf(`token ${id}`)
  const now = Date.now()
  const token: JoinToken = {
    network: NETWORK,
    cluster,
    id,
    key: keys.publicKey,
    uses: 1,
    issuedAt: (now - 1_000) as UnixMs,
    expiresAt: (now + HOUR) as UnixMs,
    renewUntil: (now + 10_000 * HOUR) as UnixMs,
    ...change,
  }
  return { id, keys, token, statement: await signStatement('joinToken', token, (await keyOf(owner)).privateKey) }
}

export type MadeToken = Awaited<ReturnType<typeof makeToken>>

/** A node with a certificate under the token. */
export function tokenNode(
  { token, statement, keys }: MadeToken,
  letter: string,
  change: Partial<NodeCertificate> = {},
  cluster: ClusterId = token.cluster,
): Promise<TestNode> {
  const issuedAt = token.issuedAt
  const expiresAt = (Number(issuedAt) + 1_000 * HOUR) as UnixMs
  return TestNode.make(cluster, letter, { token: statement, issuedAt, expiresAt, site: 'x' as SiteId, ...change }, keys)
}

export async function join(node: TestNode, signer = node.keys, source = '192.0.2.1'): Promise<Response> {
  const { cluster, certificate } = node
  const payload = { network: NETWORK, cluster, node: node.node, certificate, at: Date.now() as UnixMs }
  const request = await signStatement('joinRequest', payload, signer.privateKey)
  return post(clusterUrl(cluster, '/joins'), { request }, source)
}

export async function revocationOf(
  cluster: ClusterId,
  subject: Revocation['subject'],
  owner = `owner ${cluster}`,
): Promise<Jws> {
  const payload: Revocation = {
    network: NETWORK,
    cluster,
    id: crypto.randomUUID(),
    subject,
    reason: 'its host was stolen',
    at: Date.now() as UnixMs,
  }
  return signStatement('revocation', payload, (await keyOf(owner)).privateKey)
}

export function sendNotice(statement: Jws, source?: string): Promise<Response> {
  return post(`${ORIGIN}/v1/networks/${NETWORK}/notices`, { statement }, source)
}

export function post(url: string, body: unknown, source = '192.0.2.1'): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'cf-connecting-ip': source }
  return get(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

export function nodeSubject(node: TestNode): Revocation['subject'] {
  return { kind: 'node', node: node.node as NodeId, key: node.keys.publicKey }
}
