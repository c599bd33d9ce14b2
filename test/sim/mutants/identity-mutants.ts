/** Defects of what revocation gates (ID8), and of what a node believes of an authority whose key is stolen (ID4). */
import { type Mutant, mutant, type Wanted } from './mutant.ts'

const REVOKED: Wanted = { focus: ['revoke', 'kill', 'isolate', 'order'], network: [1, 3], safetyMs: 16_000 }

const REVOCATION: readonly Mutant[] = [
  mutant(
    'revoked-key-granted',
    'a member whose key is revoked may be elected',
    'registry/electable.ts',
    'if (member.revoked === true) return refusal(',
    'if (wallClock < 0) return refusal(',
    REVOKED,
  ),
  mutant(
    'revocation-not-recorded',
    'the registry takes no notice of a revocation',
    'registry/revoke.ts',
    'if (member === undefined || member.key !== input.key || member.revoked === true) return result(state)',
    'if (member === undefined || member.key === input.key || member.revoked === true) return result(state)',
    REVOKED,
  ),
  mutant(
    'revoked-master-stays',
    'no order goes out against a master whose key is revoked',
    'registry/revoke.ts',
    "if (registry.status !== 'founded' || registry.master !== node) return marked",
    "if (registry.status !== 'founded' || registry.master === node) return marked",
    REVOKED,
  ),
  mutant(
    'revocation-not-heard',
    'a node takes no notice of a revocation',
    'election/machine.ts',
    'turn.set({ revoked: new Set(input.nodes) })',
    'turn.set({ revoked: new Set() })',
    REVOKED,
  ),
  mutant(
    'claims-under-a-revoked-key',
    'a node that knows that its key is revoked stands all the same',
    'election/candidates.ts',
    "if (state.revoked.has(config.node)) return 'its key is revoked'",
    '',
    REVOKED,
  ),
  mutant(
    'helps-the-revoked-to-stand',
    'a node gives its pre-vote to one whose key it knows to be revoked',
    'election/pre-vote.ts',
    'if (state.revoked.has(asker)) return',
    'if (state.revoked.has(asker) && now < 0) return',
    REVOKED,
  ),
  mutant(
    'revoked-node-added',
    'a master adds a node to its sync set whose key it knows to be revoked',
    'node/sync-candidates.ts',
    'if (election.revoked.has(node)) return false',
    '',
    REVOKED,
  ),
]

const ORDINARY: Wanted = { focus: ['grantToAnOrdinary'], network: [1, 3], safetyMs: 16_000 }
const REMOVED: Wanted = { focus: ['grantToARemoved'], network: [1, 3], safetyMs: 16_000 }

const THEFT: readonly Mutant[] = [
  mutant(
    'grant-outside-the-sync-set',
    'a clean grant is believed whatever sync set the master before it has signed',
    'node/recorded-reshape.ts',
    'if (syncSet === null || syncSet.includes(node)) return null',
    'if (syncSet === null || syncSet.length > 0) return null',
    ORDINARY,
  ),
  mutant(
    'removal-forgotten',
    'a node does not keep the statement by which its master has removed it',
    'node/recorded-reshape.ts',
    'if (recorded === undefined) return\n',
    'if (recorded?.reshape.syncSet.includes(turn.state.config.election.node) !== true) return\n',
    REMOVED,
  ),
  mutant(
    'doubted-grant-goes-on',
    'a node that doubts its own grant follows on instead of stopping',
    'election/mastership.ts',
    "turn.become({ r: 'frozen', token, nodes: [node, node] }, why)",
    "turn.become({ r: 'follower' }, why)",
    ORDINARY,
  ),
  mutant(
    'doubted-grant-unreported',
    'a node that doubts its own grant stops without a word',
    'election/mastership.ts',
    "  turn.event({ e: 'grantDoubted', code: 'STATEMENT_INVALID', grant, why })\n",
    '',
    ORDINARY,
  ),
]

export const IDENTITY_MUTANTS: readonly Mutant[] = [...REVOCATION, ...THEFT]
