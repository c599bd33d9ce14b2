/** What owners' revocations mean to the registry of a cluster (ID8): the same for an authority and for members that are their own arbiter. */
import type { RegistryInput } from '../core/registry/messages.ts'
import type { Registry } from '../core/registry/types.ts'
import { LIMITS } from '../limits.ts'
import { peekCertificate } from './certificate-chain.ts'
import type { Revocations } from './notices.ts'

/** For each member whose key or token is revoked, and that the registry has not marked yet. */
export function revokedInputs(registry: Registry, revocations: Pick<Revocations, 'of'>): readonly RegistryInput[] {
  if (registry.status === 'absent') return []
  return [...registry.members.values()].flatMap(({ node, key, certificate, revoked }): RegistryInput[] => {
    const read = peekCertificate(certificate)
    const revocation = read.ok ? revocations.of(read.value) : null
    if (revocation === null || revoked === true) return []
    const { id, cluster, reason } = revocation
    // One revocation of a token may be an order against several masters, one after the other: its id names the node too.
    const named = `${id}:${node}`.slice(0, LIMITS.nonceCharacters)
    return [{ i: 'revoked', id: named, node, key, by: `owner of ${cluster}`, why: reason }]
  })
}
