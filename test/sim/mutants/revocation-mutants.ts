/** Defects of what follows when an owner has revoked a key (ID8). */
import { type Mutant, mutant, type Wanted } from './mutant.ts'

const REVOCATIONS: Wanted = { focus: ['revoke', 'kill', 'resign'], network: [1, 3], safetyMs: 20_000 }

export const REVOCATION_MUTANTS: readonly Mutant[] = [
  mutant(
    'revoked-is-elected',
    'a revoked key counts like any other when it claims',
    'registry/electable.ts',
    'if (member.revoked === true) return',
    'if (member.revoked !== undefined && member.node.length === 0) return',
    REVOCATIONS,
  ),
  mutant(
    'revoked-claims',
    'a node that knows that its key is revoked stands all the same',
    'election/candidates.ts',
    "if (state.revoked.has(config.node)) return 'its key is revoked'",
    "if (state.revoked.size < 0) return 'its key is revoked'",
    REVOCATIONS,
  ),
  mutant(
    'revoked-master-stays',
    'a master whose key is revoked is not ordered away',
    'registry/revoke.ts',
    "if (registry.status !== 'founded' || registry.master !== node) return marked",
    "if (registry.status !== 'founded' || registry.master.length > 0) return marked",
    REVOCATIONS,
  ),
]
