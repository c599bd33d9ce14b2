import type { StoredNode } from '@baton/shared/ports/node-store'
import type { NodeIdentity } from '../identity/load-identity.ts'

/** ID2: a mastership belongs to the key that its credential names. A node with a new key claims like anyone (RG2). */
export function underThisKey(stored: StoredNode, { keys, certificate }: NodeIdentity): StoredNode {
  const own = stored.masterships.find(({ cluster }) => cluster === certificate.cluster)
  return own?.node === certificate.node && own.key !== keys.publicKey ? { ...stored, required: null } : stored
}
