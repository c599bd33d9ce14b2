/** The link to the authority, and what wakes a candidate that waits for it. */
import { hastenClaim } from './claim.ts'
import { sendReport } from './reporting.ts'
import type { Turn } from './turn.ts'
import type { Input } from './types.ts'

/** Sessions of one process before its cluster has a token: one, unless the link drops at once. */
const CHALLENGES_KEPT = 16

export function onAuthorityUp(turn: Turn, { challenge }: Input<'authorityUp'>): void {
  // RG2: the founder is granted epoch 1 on its first session, without a claim; the challenge stands for its nonce. Which of its
  // sessions came first only the authority knows.
  if (turn.state.own === null && challenge !== null) {
    turn.set({ challenges: [...turn.state.challenges, challenge].slice(-CHALLENGES_KEPT) })
  }
  turn.set({ authority: { ...turn.state.authority, linkUp: true } })
  sendReport(turn)
  hastenClaim(turn, true)
}

export function onAuthorityDown(turn: Turn): void {
  turn.set({ authority: { ...turn.state.authority, linkUp: false, unanswered: [] } })
}

/**
 * RG3: hearing ends with the master's session, so a refused claim is worth repeating now. One that is still unanswered
 * reached the authority after the hint left it, and needs no repeat.
 */
export function onSessionClosed(turn: Turn, { node }: Input<'sessionClosed'>): void {
  if (node === turn.state.own?.node) hastenClaim(turn, false)
}

/** A lease or answer counts from when the request was sent (DESIGN section 11). */
export function onHeardByAuthority(turn: Turn, { report }: Input<'heardByAuthority'>): void {
  const { authority } = turn.state
  const answered = authority.unanswered.find((sent) => sent.report === report)
  if (answered === undefined) return
  turn.set({
    authority: {
      ...authority,
      answeredAt: answered.sentAt,
      unanswered: authority.unanswered.filter((sent) => sent.report > report),
    },
  })
}
