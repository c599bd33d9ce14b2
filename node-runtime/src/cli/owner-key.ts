/** The owner key of a cluster, for what is signed offline: the one place that knows how it is kept. */
import type { KeyPair } from '@baton/shared/crypto/keys'
import { BatonError } from '@baton/shared/errors'
import type { Genesis, GenesisCluster } from '@baton/shared/genesis'
import { readKeyFile } from '../identity/key-file.ts'

/** @throws BatonError IDENTITY_INVALID when the file is no key, readable by others, or not of an owner of this cluster */
export async function loadOwnerKey(
  file: string,
  genesis: Genesis,
  cluster: string,
): Promise<{ readonly key: KeyPair; readonly cluster: GenesisCluster }> {
  const owned = genesis.clusters.find((candidate) => candidate.cluster === cluster)
  if (owned === undefined) {
    const known = genesis.clusters.map((candidate) => candidate.cluster).join(', ')
    throw new BatonError('BAD_REQUEST', `genesis has no cluster ${cluster}: ${known}`)
  }
  const key = await readKeyFile(file)
  if (owned.ownerKeys.includes(key.publicKey)) return { key, cluster: owned }
  throw new BatonError('IDENTITY_INVALID', `${file} is no owner key of ${cluster}`, {
    remedy: `use the key file of the owner of ${cluster} that \`baton network init\` wrote`,
    details: { file, publicKey: key.publicKey },
  })
}
