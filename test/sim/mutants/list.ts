import { ARBITER_MUTANTS } from './arbiter-mutants.ts'
import { AUDIT_MUTANTS } from './audit-mutants.ts'
import { CONSENSUS_MUTANTS } from './consensus-mutants.ts'
import { ELECTION_MUTANTS } from './election-mutants.ts'
import { GUARD_MUTANTS } from './guard-mutants.ts'
import { IDENTITY_MUTANTS } from './identity-mutants.ts'
import type { Mutant } from './mutant.ts'
import { RECOVERY_MUTANTS } from './recovery-mutants.ts'
import { REGISTRY_MUTANTS } from './registry-mutants.ts'
import { SWITCHOVER_MUTANTS } from './switchover-mutants.ts'

export const MUTANTS: readonly Mutant[] = [
  ...GUARD_MUTANTS,
  ...ELECTION_MUTANTS,
  ...REGISTRY_MUTANTS,
  ...CONSENSUS_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...AUDIT_MUTANTS,
  ...SWITCHOVER_MUTANTS,
  ...ARBITER_MUTANTS,
  ...IDENTITY_MUTANTS,
]
