import type { Revocation } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, NodeId, PublicKey } from '@baton/shared/ids'
import { IdentityClient } from '../../identity/identity-client.ts'
import type { OwnerNoticeOptions } from './owner-notice.ts'
import { revoke } from './revoke.ts'

export interface NodeRevokeOptions extends OwnerNoticeOptions {
  readonly node?: string
  readonly key?: string
  readonly joinToken?: string
}

/** @throws BatonError UNKNOWN_NODE too */
export async function nodeRevoke(options: NodeRevokeOptions): Promise<void> {
  await revoke(options, (genesis) => subjectOf(options, genesis))
}

async function subjectOf(options: NodeRevokeOptions, { network }: Genesis): Promise<Revocation['subject']> {
  const { node, joinToken: token, key, cluster, authorityUrl } = options
  if ((node === undefined) === (token === undefined)) {
    throw new BatonError('BAD_REQUEST', 'name what is revoked: a node, or a join token with --join-token')
  }
  if (token !== undefined) return { kind: 'token', token }
  const name = node as NodeId
  if (key !== undefined) return { kind: 'node', node: name, key: key as PublicKey }
  if (authorityUrl === undefined) {
    throw new BatonError('BAD_REQUEST', 'offline, the key must be given: --key, as `baton node list` shows it')
  }
  const nodes = await new IdentityClient(authorityUrl, network).nodes(cluster as ClusterId)
  const listed = nodes.find((each) => each.node === name)
  if (listed !== undefined) return { kind: 'node', node: name, key: listed.key }
  throw new BatonError('UNKNOWN_NODE', `cluster ${cluster} has no node ${name}`, {
    remedy: 'see `baton node list`, or give its public key with --key',
  })
}
