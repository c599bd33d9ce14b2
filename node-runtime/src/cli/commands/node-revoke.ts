import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { toBase64Url } from '@baton/shared/crypto/bytes'
import { verifyNotice } from '@baton/shared/crypto/notices'
import type { Revocation } from '@baton/shared/crypto/statement-types'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Jws, NodeId, PublicKey, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { reasonOf } from '../../config/genesis-file.ts'
import { AuthorityClient } from '../../identity/authority-client.ts'
import { type OwnerKeyOptions, ownerSigner, signAsOwner } from '../../identity/owner-signer.ts'
import { writeNewFiles } from '../../network/write-files.ts'
import { type OutputOptions, print, printJson } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'

export interface NodeRevokeOptions extends OutputOptions, OwnerKeyOptions {
  readonly genesis: string
  readonly cluster: string
  readonly reason: string
  readonly node?: string
  readonly key?: string
  readonly token?: string
  readonly authorityUrl?: string
  readonly out?: string
}

/** Signs a revocation; sends it, or writes it to a file, or both. @throws BatonError */
export async function nodeRevoke(options: NodeRevokeOptions): Promise<void> {
  const { authorityUrl, out, reason, json } = options
  if (authorityUrl === undefined && out === undefined) {
    throw new BatonError('BAD_REQUEST', 'say where it goes: --authority-url to send it, or --out to write it to a file')
  }
  if (reason.length > LIMITS.operatorTextCharacters) {
    throw new BatonError('BAD_REQUEST', `--reason has more than ${LIMITS.operatorTextCharacters} characters`)
  }
  const genesis = genesisOf(options.genesis)
  const revocation: Revocation = {
    network: genesis.network,
    cluster: options.cluster as ClusterId,
    id: toBase64Url(randomBytes(12)),
    subject: await subjectOf(options, genesis),
    reason,
    at: Date.now() as UnixMs,
  }
  const statement = await signAsOwner(genesis, 'revocation', revocation, await ownerSigner(options))
  if (out !== undefined) {
    const file = resolve(out)
    writeNewFiles(dirname(file), [{ path: basename(file), content: statement }])
  }
  const sent = authorityUrl !== undefined
  if (sent) await new AuthorityClient(authorityUrl, genesis.network).notice(statement)
  if (json) printJson({ ...revocation, sent, file: out === undefined ? null : resolve(out) })
  else
    print(
      `revocation ${revocation.id} ${[sent && 'sent', out !== undefined && `written to ${out}`].filter(Boolean).join(' and ')}`,
    )
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
  const notice = await verifyNotice(genesis, statement)
  if (!notice.ok) throw new BatonError(notice.code, `${file} is no notice of an owner: ${notice.why}`)
  const added = await new AuthorityClient(authorityUrl, genesis.network).notice(statement)
  const { kind, payload } = notice.value
  if (json) printJson({ kind, ...payload, added })
  else print(`${kind} of the owner of ${payload.cluster} ${added ? 'sent' : 'was known already'}`)
}

async function subjectOf(options: NodeRevokeOptions, { network }: Genesis): Promise<Revocation['subject']> {
  const { node, token, key, cluster, authorityUrl } = options
  if ((node === undefined) === (token === undefined)) {
    throw new BatonError('BAD_REQUEST', 'name what is revoked: a node, or a join token with --token')
  }
  if (token !== undefined) return { kind: 'token', token }
  const name = node as NodeId
  if (key !== undefined) return { kind: 'node', node: name, key: key as PublicKey }
  if (authorityUrl === undefined) {
    throw new BatonError('BAD_REQUEST', 'offline, the key must be given: --key, as `baton node list` shows it')
  }
  const nodes = await new AuthorityClient(authorityUrl, network).nodes(cluster as ClusterId)
  const listed = nodes.find((each) => each.node === name)
  if (listed !== undefined) return { kind: 'node', node: name, key: listed.key }
  throw new BatonError('UNKNOWN_NODE', `cluster ${cluster} has no node ${name}`, {
    remedy: 'see `baton node list`, or give its public key with --key',
  })
}
