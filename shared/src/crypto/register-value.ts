/** MJ1: what a member of a majority tells of the registry, before anybody goes by it: its grant is signed, and is the one that the registry in it records. */
import type { RegisterValue } from '../core/arbiter/types.ts'
import type { FoundedRegistry } from '../core/registry/types.ts'
import { grantOf } from '../core/registry/view.ts'
import type { GenesisCluster } from '../genesis.ts'
import { type Jws, type NetworkId, sameToken } from '../ids.ts'
import { type Failure, failure, type Result, success } from '../result.ts'
import { peekGrant } from './credential.ts'
import type { Credential } from './statement-types.ts'

export interface ProvenValue {
  readonly registry: FoundedRegistry
  readonly proof: Jws
}

/** What is not signed in it (sync set, bars, orders) is that member's word. @param verify of a credential: against genesis, and what owners have said since */
export async function verifyRegisterValue(
  { network, cluster, founder }: Pick<GenesisCluster, 'cluster' | 'founder'> & { readonly network: NetworkId },
  { registry, proof }: RegisterValue,
  verify: (credential: Credential) => Promise<Result<unknown>>,
): Promise<Result<ProvenValue>> {
  if (registry.status !== 'founded' || proof === null) return invalid('nothing is granted in it')
  if (registry.network !== network || registry.cluster !== cluster) return invalid('it is of another cluster')
  if (registry.founder !== founder) return invalid('it has another founder than genesis says')
  const { lastGrant } = registry
  if (!sameToken(registry, lastGrant) || registry.master !== lastGrant.node) {
    return invalid('its master is not its last grant')
  }
  const holder = await verify({ grant: proof, certificate: lastGrant.certificate })
  if (!holder.ok) return holder
  const granted = peekGrant(proof)
  if (!granted.ok) return granted
  const recorded = JSON.stringify(sorted(grantOf(registry, lastGrant)))
  if (JSON.stringify(sorted(granted.value)) !== recorded) {
    return invalid('the members have signed another grant than it records')
  }
  return success({ registry, proof })
}

function invalid(why: string): Failure {
  return failure('STATEMENT_INVALID', `this registry is not taken over: ${why}`)
}

function sorted(grant: object): readonly (readonly [string, unknown])[] {
  return Object.entries(grant).sort(([a], [b]) => (a < b ? -1 : 1))
}
