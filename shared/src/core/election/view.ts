/** Views of the registry as the authority tells them. */
import { compareTokens, formatToken } from '../../ids.ts'
import type { RegistryView } from '../../protocol/control.ts'
import { hastenClaim } from './claim.ts'
import { isNewer, viewToken } from './known.ts'
import type { Turn } from './turn.ts'

/** A view is a hint (RG7): kept when it is newer and not below the token on disk (RG8). */
export function adoptView(turn: Turn, view: RegistryView): void {
  const { own, config, view: known } = turn.state
  if (view.cluster !== config.cluster) {
    turn.reject('PEER_UNEXPECTED', `registry of ${view.cluster}`)
    return
  }
  if (own !== null && compareTokens(viewToken(view), own.token) < 0) {
    turn.reject('LOWER_TOKEN', `registry at ${formatToken(viewToken(view))}, on disk ${formatToken(own.token)}`)
    return
  }
  if (!isNewer(view, known)) return
  turn.set({ view })
  // RG10: a claim that a pause has held up need not wait any longer.
  if (known !== null && known.pause !== null && view.pause === null) hastenClaim(turn, false)
}
