/** Defects of the registry. */
import { type Mutant, mutant } from './mutant.ts'

export const REGISTRY_MUTANTS: readonly Mutant[] = [
  mutant(
    'claim-from-outside',
    'a node outside the sync set is granted',
    'registry/claim.ts',
    'if (registry.syncSet.includes(claim.node)) {\n    const why',
    'if (registry.members.has(claim.node)) {\n    const why',
  ),
  mutant(
    'epoch-reused',
    'a grant carries the epoch of the one before',
    'registry/granting.ts',
    'epoch: (registry.epoch + 1) as Epoch,',
    'epoch: registry.epoch,',
  ),
  mutant(
    'alive-master-deposed',
    'silence is believed while the master is heard',
    'registry/hearing.ts',
    'if (lastHeard !== null && now - lastHeard < registry.policy.masterTtlMs) {',
    'if (lastHeard !== null && now < lastHeard) {',
  ),
  mutant(
    'grant-drops-the-version',
    'a change of master does not raise the version',
    'registry/granting.ts',
    'version: (registry.version + 1) as Version,\n    node: who,',
    'version: registry.version,\n    node: who,',
  ),
]
