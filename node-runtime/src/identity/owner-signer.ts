/** Statements of an owner (ID1): signed by a key in a file, or by a command, and checked against genesis before they leave. */
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import { endOfOwnerKey } from '@baton/shared/crypto/owner-keys'
import type { StatementKind, StatementPayloads } from '@baton/shared/crypto/statement-types'
import { type SignBytes, signStatementWith, verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, Jws, PublicKey } from '@baton/shared/ids'
import { readSecret } from './key-file.ts'
import { ownersOf } from './known-notices.ts'
import { openOwnerKey } from './owner-key-file.ts'
import { readPassphrase } from './passphrase.ts'
import { signerCommand } from './signer-command.ts'

export interface OwnerKeyOptions {
  readonly ownerKey?: string
  readonly signerCommand?: string
  /** File with the rotations of owner keys since genesis. */
  readonly ownerChanges?: string
}

/** @throws BatonError BAD_REQUEST unless exactly one of both is given; PASSPHRASE_WRONG, IDENTITY_INVALID, SIGNER_FAILED */
export async function ownerSigner({ ownerKey, signerCommand: command }: OwnerKeyOptions): Promise<SignBytes> {
  if (ownerKey !== undefined && command === undefined) {
    const pair = await openOwnerKey(ownerKey, readSecret(ownerKey), () => readPassphrase(`Passphrase of ${ownerKey}: `))
    return (message) => signEd25519(pair.privateKey, message)
  }
  if (command !== undefined && ownerKey === undefined) return signerCommand(command)
  throw new BatonError('BAD_REQUEST', 'an owner must sign: give either --owner-key or --signer-command')
}

type OwnerKind = Extract<
  StatementKind,
  'certificate' | 'joinToken' | 'operatorToken' | 'revocation' | 'authorityKeys' | 'memberKey'
>

/**
 * @param ownerChanges file with the rotations of owner keys since genesis, if there were any
 * @throws BatonError IDENTITY_INVALID when the key that signed is no owner key of the cluster, BAD_REQUEST when genesis has no such cluster
 */
export async function signAsOwner<Kind extends OwnerKind>(
  genesis: Genesis,
  kind: Kind,
  payload: StatementPayloads[Kind] & { readonly cluster: ClusterId },
  sign: SignBytes,
  ownerChanges?: string,
): Promise<Jws> {
  const trust = await ownersOf(genesis, ownerChanges)
  const jws = await signStatementWith(kind, payload, sign)
  const keys = countingOwnerKeys(trust, payload.cluster)
  if ((await verifyStatement(kind, jws, keys)).ok) return jws
  throw new BatonError('IDENTITY_INVALID', `this is no owner key of cluster ${payload.cluster}`, {
    remedy: `use the key whose public part genesis lists for ${payload.cluster}, or --owner-changes with what came after it: ${keys.join(', ')}`,
  })
}

/** Those whose statements are taken in now. @throws BatonError BAD_REQUEST when genesis has no such cluster */
export function countingOwnerKeys(trust: Trust, cluster: ClusterId): readonly PublicKey[] {
  const owned = clusterOf(trust, cluster)
  if (owned === null) {
    const known = trust.clusters.map((each) => each.cluster).join(', ')
    throw new BatonError('BAD_REQUEST', `genesis has no cluster ${cluster}: ${known}`)
  }
  return owned.ownerKeys.filter((key) => (endOfOwnerKey(trust, cluster, key) ?? Number.POSITIVE_INFINITY) > Date.now())
}
