/** `baton node replace-key` (MJ1): the owner gives a member that is an arbiter of its cluster another key. */

import { knownKeys, type Trust } from '@baton/shared/crypto/authority-keys'
import { keysOfMember, type MemberKey, memberKeyProblem } from '@baton/shared/crypto/member-keys'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { clusterOf } from '@baton/shared/genesis-schema'
import { publicKey } from '@baton/shared/id-schemas'
import type { ClusterId, NodeId, PublicKey, UnixMs } from '@baton/shared/ids'
import { IdentityClient } from '../../identity/identity-client.ts'
import { askNotices, ownersOf } from '../../identity/known-notices.ts'
import { print } from '../command-io.ts'
import { genesisOf } from './genesis-option.ts'
import { checkNoticeOptions, type OwnerNoticeOptions, sayAsOwner } from './owner-notice.ts'

export interface ReplaceKeyOptions extends OwnerNoticeOptions {
  readonly key: string
}

/** @throws BatonError BAD_REQUEST, IDENTITY_INVALID, UNREACHABLE, CONFIG_INVALID when --out exists */
export async function nodeReplaceKey(name: string, options: ReplaceKeyOptions): Promise<void> {
  checkNoticeOptions(options)
  const { key, authorityUrl, ownerChanges, out, json } = options
  const cluster = options.cluster as ClusterId
  const node = name as NodeId
  const genesis = genesisOf(options.genesis)
  const trust = await trustOf(genesis, authorityUrl, ownerChanges)
  checkIsArbiter(trust, cluster, node)
  checkFree(trust, key)
  const keys = keysOfMember(trust, cluster, node)
  const payload: MemberKey = {
    network: genesis.network,
    cluster,
    node,
    sequence: keys.length,
    from: keys.at(-1)!,
    to: key as PublicKey,
    reason: options.reason,
    issuedAt: Date.now() as UnixMs,
  }
  const problem = memberKeyProblem(trust, payload)
  if (problem !== null) throw new BatonError('BAD_REQUEST', problem)
  await sayAsOwner(genesis, { kind: 'memberKey', payload }, `key ${payload.sequence + 1} of ${node}`, options)
  if (json) return
  print(
    `Next: baton node certify --cluster ${cluster} --node ${node} --key ${key} --owner-changes FILE --out next.jws …`,
  )
  const lines = [ownerChanges, out].filter((file) => file !== undefined).join(' and ')
  print(`FILE: ${out === undefined ? 'what `baton owner changes` writes' : `the lines of ${lines}`}`)
}

/** Asked of the authentication node where it is told too: it knows of changes that this file may not. */
async function trustOf(genesis: Genesis, authorityUrl: string | undefined, ownerChanges: string | undefined) {
  if (authorityUrl === undefined) return ownersOf(genesis, ownerChanges)
  return (await askNotices(new IdentityClient(authorityUrl, genesis.network), genesis)).trust
}

function checkIsArbiter(trust: Trust, cluster: ClusterId, node: NodeId): void {
  const owned = clusterOf(trust, cluster)
  if (owned === null) throw new BatonError('BAD_REQUEST', `genesis has no cluster ${cluster}`)
  if (owned.arbiter === undefined) {
    throw new BatonError(
      'BAD_REQUEST',
      `the registry of ${cluster} is kept by the authentication node, not by its members`,
      {
        remedy: 'there a certificate for the new key is all: baton node certify',
      },
    )
  }
  if (keysOfMember(trust, cluster, node).length > 0) return
  const names = owned.arbiter.members.map((member) => member.node).join(', ')
  throw new BatonError('BAD_REQUEST', `${node} is not among the members that are the arbiter of ${cluster}: ${names}`, {
    remedy:
      'the names of the members are fixed when the network is made: a new host takes the name of the one that is lost (MJ1)',
  })
}

/** A member with the key of an owner or of the authority would be two parties in one. */
function checkFree(trust: Trust, key: string): void {
  if (!publicKey.safeParse(key).success)
    throw new BatonError('BAD_REQUEST', `--key ${key} is no public key: it is what baton key rotate shows`)
  const others = [...knownKeys(trust), ...trust.clusters.flatMap(({ ownerKeys }) => ownerKeys)] as readonly string[]
  if (others.includes(key))
    throw new BatonError('BAD_REQUEST', `--key ${key} is, or has been, a key of an owner or of the authority`)
}
