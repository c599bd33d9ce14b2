/** Defects of the replicated log and of what it releases. */
import { type Mutant, mutant } from './mutant.ts'

export const GUARD_MUTANTS: readonly Mutant[] = [
  mutant(
    'released-before-held',
    'what the master alone has on disk counts as held: the guard is switched off',
    'guard/held.ts',
    'for (const node of requiredOthers(state.policy, role)) {',
    'for (const node of [] as NodeId[]) {',
  ),
  mutant(
    'shrink-before-recorded',
    'a node that is asked to leave is not counted from that moment on',
    'guard/sync-set.ts',
    'return ask(state, withoutAddition(role), staying, now)',
    'return ask(state, { ...withoutAddition(role), required: { ...role.required, syncSet: staying } }, staying, now)',
  ),
  mutant(
    'abandoned-addition',
    'an addition whose answer does not come is given up, and the node no longer waited for',
    'guard/sync-set.ts',
    'if (!askAgain && now - reshaping.at < ASK_AGAIN_MS) return nothing(role)',
    `if (!askAgain && now - reshaping.at < ASK_AGAIN_MS) return nothing(role)
    if (required.pending.length > 0) return nothing({ ...role, reshaping: null, required: { ...required, pending: [] } })`,
  ),
  mutant(
    'standby-before-it-has-the-log',
    'a node is added before it has acknowledged what came before its addition',
    'guard/sync-set.ts',
    'if (follower.acked.index < from) return nothing(role)',
    '',
  ),
  mutant(
    'pending-not-required',
    'a pending addition does not count until the registry shows it',
    'guard/held.ts',
    'for (const node of required.pending) if (!nodes.includes(node)) nodes.push(node)',
    '',
  ),
  mutant(
    'acknowledged-before-sync',
    'a follower says what it has before it is on disk',
    'node/run-guard.ts',
    "if (send.message.t !== 'attach' || mayAttach(turn.state)) turn.send.push(send)",
    "if (send.message.t !== 'attach' || mayAttach(turn.state)) turn.stream.push(send)",
  ),
  mutant(
    'body-missing',
    'a vote is recorded without the body of its block',
    'node/run-consensus.ts',
    'if (block !== null) logBody(turn, block)',
    '',
  ),
  mutant(
    'acknowledged-before-held',
    'clients are told of a decided block when it is written, not when it is held',
    'node/run-consensus.ts',
    `  const entry = { index: index as never, certificate, certified, asked: false }`,
    `  turn.send.push({ s: 'heldHeight', height: certificate.height })
  const entry = { index: index as never, certificate, certified, asked: false }`,
  ),
  mutant(
    'required-durability-ignored',
    'a master alone goes on although two disks are required',
    'guard/held.ts',
    "if (state.policy.durability === 'required' && role.required.syncSet.length < 2) return role.held",
    '',
  ),
  mutant(
    'common-position-guessed',
    'a follower is taken to share everything that it has',
    'guard/log.ts',
    'if (isHere(ends, log, span.last)) return span.last',
    'if (span.last.index <= ends.last.index) return span.last',
  ),
  mutant(
    'addition-not-on-disk',
    'an addition is asked for before it is on disk that the node counts',
    'guard/sync-set.ts',
    "return { ...asked, write: [{ w: 'required', required }, ...asked.write] }",
    'return asked',
  ),
  mutant(
    'older-view-counts',
    'what an older state of the registry shows takes the place of a later one',
    'guard/leading.ts',
    'if (!sameToken(shown.token, state.token) || shown.version <= required.version) return unchanged(state)',
    'if (!sameToken(shown.token, state.token) || shown.version === required.version) return unchanged(state)',
  ),
]
