/** Statements of an owner (ID1): signed by a key in a file, or by a command, and checked against genesis before they leave. */
import { signEd25519 } from '@baton/shared/crypto/ed25519'
import type { StatementKind, StatementPayloads } from '@baton/shared/crypto/statement-types'
import { type SignBytes, signStatementWith, verifyStatement } from '@baton/shared/crypto/statements'
import { BatonError } from '@baton/shared/errors'
import type { Genesis } from '@baton/shared/genesis'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, Jws } from '@baton/shared/ids'
import { readSecret } from './key-file.ts'
import { openOwnerKey } from './owner-key-file.ts'
import { readPassphrase } from './passphrase.ts'
import { signerCommand } from './signer-command.ts'

export interface OwnerKeyOptions {
  readonly ownerKey?: string
  readonly signerCommand?: string
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

type OwnerKind = Extract<StatementKind, 'certificate' | 'joinToken' | 'operatorToken' | 'revocation' | 'authorityKeys'>

/** @throws BatonError IDENTITY_INVALID when the key that signed is no owner key of the cluster, BAD_REQUEST when genesis has no such cluster */
export async function signAsOwner<Kind extends OwnerKind>(
  genesis: Genesis,
  kind: Kind,
  payload: StatementPayloads[Kind] & { readonly cluster: ClusterId },
  sign: SignBytes,
): Promise<Jws> {
  const cluster = clusterOf(genesis, payload.cluster)
  if (cluster === null) {
    const known = genesis.clusters.map((each) => each.cluster).join(', ')
    throw new BatonError('BAD_REQUEST', `genesis has no cluster ${payload.cluster}: ${known}`)
  }
  const jws = await signStatementWith(kind, payload, sign)
  const verified = await verifyStatement(kind, jws, cluster.ownerKeys)
  if (verified.ok) return jws
  throw new BatonError('IDENTITY_INVALID', `this is no owner key of cluster ${payload.cluster}`, {
    remedy: `use the key whose public part genesis lists for ${payload.cluster}: ${cluster.ownerKeys.join(', ')}`,
  })
}
