/** What is decided, as an authority would show it: to the node, and to operators. */
import type { Accepted } from '@baton/shared/core/arbiter/types'
import { viewOf } from '@baton/shared/core/registry/view'
import type { RegistryView } from '@baton/shared/protocol/control'

/** Null before the founder's grant is proven. */
export function viewOfDecided({ value: { registry, proof } }: Accepted): RegistryView | null {
  if (registry.status !== 'founded' || proof === null) return null
  return viewOf(registry, { grant: proof, certificate: registry.lastGrant.certificate })
}
