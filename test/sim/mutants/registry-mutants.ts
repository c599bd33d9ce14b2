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
  mutant(
    'refusal-believed-at-once',
    'a refused reconnect is believed although the session of the master has not closed',
    'registry/claim.ts',
    "if (claim.evidence.kind === 'refused' && masterSessionHasClosed(registry, hearing)) {",
    "if (claim.evidence.kind === 'refused') {",
  ),
  mutant(
    'standstill-ignored',
    'a registry that stands still grants',
    'registry/machine.ts',
    'claim: unlessStill(claim),',
    'claim,',
  ),
  mutant(
    'stale-reshape-applied',
    'a change of the sync set is made although the registry has changed since it was asked for',
    'registry/reshape.ts',
    'if (reshape.version !== registry.version) {',
    'if (reshape.version > registry.version) {',
  ),
]
