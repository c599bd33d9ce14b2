import { readFileSync } from 'node:fs'
import { verifyNotice } from '@baton/shared/crypto/notices'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Jws, NodeId, PublicKey } from '@baton/shared/ids'
import { reasonOf } from '../../config/genesis-file.ts'
import { IdentityClient } from '../../identity/identity-client.ts'
import { askNotices } from '../../identity/known-notices.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'
import { type RevokeOptions, revoke } from './revoke.ts'

export interface NodeRevokeOptions extends RevokeOptions {
  readonly node?: string
  readonly key?: string
  readonly joinToken?: string
}

/** @throws BatonError UNKNOWN_NODE too */
export async function nodeRevoke(options: NodeRevokeOptions): Promise<void> {
  await revoke(options, (genesis) => subjectOf(options, genesis))
}

/** @throws BatonError CONFIG_UNREADABLE, STATEMENT_INVALID, UNREACHABLE */
export async function noticeSend(
  file: string,
  {
    genesis: genesisFile,
    authorityUrl,
    json,
  }: OutputOptions & { readonly genesis: string; readonly authorityUrl: string },
): Promise<void> {
  let statement: Jws
  try {
    statement = readFileSync(file, 'utf8').trim() as Jws
  } catch (error) {
    throw new BatonError('CONFIG_UNREADABLE', `${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
  const genesis = genesisOf(genesisFile)
  const client = new IdentityClient(authorityUrl, genesis.network)
  // Its owner's key may have come after genesis.
  const { trust } = await askNotices(client, genesis)
  const notice = await verifyNotice(trust, statement)
  if (!notice.ok) throw new BatonError(notice.code, `${file} is no notice of an owner: ${notice.why}`)
  const added = await client.notice(statement)
  const { kind, payload } = notice.value
  if (json) printJson({ kind, ...payload, added })
  else print(`${kind} of the owner of ${payload.cluster} ${added ? 'sent' : 'was known already'}`)
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
