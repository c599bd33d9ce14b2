/** RG1, RG2, RG3, RG6, EL6: who may become master. */
import type { Claim, Resignation } from '../../crypto/statement-types.ts'
import { compareTokens, type Epoch, type NodeId, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import { electionRefusal, refusal, saysItMustResync } from './electable.ts'
import { masterSessionHasClosed, silenceRefusal } from './hearing.ts'
import { heirs } from './heirs.ts'
import type { Refusal, RegistryContext } from './messages.ts'
import { pauseRefusal } from './pause.ts'
import { recoveryRefusal } from './recovery.ts'
import { settlingRefusal } from './switches.ts'
import type { FoundedRegistry, Hearing, Member } from './types.ts'

export type ClaimVerdict =
  /** `recovering`: the claimant has nothing of its predecessor's votes, and stands alone (RG6). */
  | { readonly verdict: 'grant'; readonly member: Member; readonly recovering: boolean; readonly why: string }
  /** The registry is already what was asked: a retry of a claim whose answer was lost (RG1). */
  | { readonly verdict: 'repeat' }
  | { readonly verdict: 'refuse'; readonly refusal: Refusal }

export function judgeClaim(
  registry: FoundedRegistry,
  hearing: Hearing,
  claim: Claim,
  resignation: Resignation | null,
  context: RegistryContext,
): ClaimVerdict {
  const member = registry.members.get(claim.node)
  if (claim.network !== registry.network || claim.cluster !== registry.cluster) {
    return refuse(refusal('STATEMENT_INVALID', `the claim is for ${claim.network}/${claim.cluster}`))
  }
  if (member === undefined) return refuse(refusal('UNKNOWN_NODE', `${claim.node} has never registered`))
  if (isRepeat(registry, claim)) return { verdict: 'repeat' }
  const wrong = tokenRefusal(registry, claim) ?? placeRefusal(registry, claim)
  if (wrong !== null) return refuse(wrong)
  const barred = electionRefusal(registry, member, context.wallClock, barsAgainst(registry, hearing, claim, context))
  // Its heir may never come: then it goes on.
  if (barred !== null)
    return refuse(goesOnAlone(registry, claim) ? { ...barred, retryAfterMs: LIMITS.standbySilentMs } : barred)
  const judged = override(registry, claim, judgeCase(registry, hearing, claim, resignation, context))
  if ('code' in judged) return refuse(judged)
  const paused = pauseRefusal(registry, claim.node, judged.why, context.wallClock)
  return paused === null ? { verdict: 'grant', member, ...judged } : refuse(paused)
}

type Grounds = Pick<Extract<ClaimVerdict, { verdict: 'grant' }>, 'recovering' | 'why'>

/** The claim of a member that may be elected: the grounds for a grant, or what stands against it. */
function judgeCase(
  registry: FoundedRegistry,
  hearing: Hearing,
  claim: Claim,
  resignation: Resignation | null,
  context: RegistryContext,
): Grounds | Refusal {
  const wrong =
    logRefusal(registry, hearing, claim) ??
    evidenceRefusal(registry, claim, resignation) ??
    settlingRefusal(registry, hearing, claim, context)
  if (wrong !== null) return wrong
  if (registry.syncSet.includes(claim.node)) {
    const why = free(registry, hearing, claim, context)
    return typeof why === 'string' ? { recovering: false, why } : why
  }
  const why = 'nobody of the sync set, and no vote of the cluster, was heard for recoverAfter'
  return recoveryRefusal(registry, hearing, context) ?? { recovering: true, why }
}

/** RG6: an operator has said that this node may have the epoch whatever is lost; it must mean to recover all the same. */
function override(registry: FoundedRegistry, claim: Claim, judged: Grounds | Refusal): Grounds | Refusal {
  const { dataLoss } = registry
  if (!('code' in judged) || dataLoss?.node !== claim.node || claim.evidence.kind !== 'lost') return judged
  return { recovering: true, why: `${dataLoss.by} accepts the loss of data: ${dataLoss.why} (${judged.why})` }
}

/** RG9: with nobody to take over, a barred master goes on meanwhile, also when it has to claim anew. */
function barsAgainst(
  registry: FoundedRegistry,
  hearing: Hearing,
  claim: Claim,
  context: RegistryContext,
): readonly NodeId[] {
  const goesOn = goesOnAlone(registry, claim) && heirs(registry, hearing, context).length === 0
  return goesOn ? registry.bars.filter((node) => node !== claim.node) : registry.bars
}

function goesOnAlone({ master }: FoundedRegistry, { node, evidence }: Claim): boolean {
  return node === master && evidence.kind === 'own'
}

/** RG3: why the mastership is free for a member of the sync set, or the refusal while it is not. */
function free(registry: FoundedRegistry, hearing: Hearing, claim: Claim, context: RegistryContext): string | Refusal {
  if (claim.evidence.kind === 'own') return 'the registered master claims anew'
  if (claim.evidence.kind === 'resigned') return `${registry.master} resigned`
  if (claim.evidence.kind === 'ordered') return `order ${claim.evidence.order} stands against ${registry.master}`
  if (claim.evidence.kind === 'planned') {
    return `${registry.switchover?.by} has planned it: ${registry.switchover?.why}`
  }
  if (claim.evidence.kind === 'refused' && masterSessionHasClosed(registry, hearing)) {
    return `${registry.master}: session closed and reconnect refused`
  }
  return silenceRefusal(registry, hearing, context.now) ?? `${registry.master} was not heard for masterTtl`
}

function isRepeat(registry: FoundedRegistry, claim: Claim): boolean {
  return (
    sameToken(claim, registry.lastGrant) && registry.master === claim.node && registry.lastGrant.nonce === claim.nonce
  )
}

/** RG1: the epoch asked for is the next one, and the claim was made against the recorded version; RG8: not a later one. */
function tokenRefusal(registry: FoundedRegistry, claim: Claim): Refusal | null {
  const next = { generation: registry.generation, epoch: (registry.epoch + 1) as Epoch }
  const order = compareTokens(claim, next)
  if (order > 0) return refusal('TOKEN_CONFLICT', 'the claim knows a higher token than the registry')
  if (claim.generation === registry.generation && claim.version > registry.version) {
    return refusal('TOKEN_CONFLICT', `made against version ${claim.version}, the registry knows of ${registry.version}`)
  }
  if (claim.version !== registry.version) {
    return refusal('STALE_VERSION', `made against version ${claim.version}, recorded is ${registry.version}`)
  }
  return order < 0 ? refusal('LOWER_TOKEN', 'the epoch asked for has been granted before') : null
}

/** RG2, RG6: a node outside the sync set must mean to recover: nobody gets there by claiming as ever. */
function placeRefusal(registry: FoundedRegistry, claim: Claim): Refusal | null {
  if (registry.syncSet.includes(claim.node) || claim.evidence.kind === 'lost') return null
  return refusal('NOT_ELECTABLE', `${claim.node} is not in the sync set`)
}

/**
 * EL6: a log shorter than the authority has seen it acknowledge at this token has lost something. So has a node that says so itself: the claim may be
 * one of an earlier process, which still had its disk. What it said in a session that has closed may be past: it claims through its peers.
 */
function logRefusal(registry: FoundedRegistry, hearing: Hearing, claim: Claim): Refusal | null {
  const report = hearing.reports.get(claim.node)
  if (saysItMustResync(hearing, claim.node)) {
    // A node that knew it would not claim: what was heard is old, or not of this process, and the next report says so.
    return refusal('NOT_ELECTABLE', `${claim.node} says that it must re-sync`, registry.policy.masterTtlMs)
  }
  const seen = report?.acknowledged ?? registry.acknowledged.get(claim.node)
  if (seen === undefined || !sameToken(seen.token, registry.lastGrant)) return null
  if (claim.durableIndex >= seen.durableIndex) return null
  const why = `its log ends at ${claim.durableIndex}, it has acknowledged ${seen.durableIndex} at this epoch`
  return refusal('NOT_ELECTABLE', why)
}

/** Evidence that would end the hearing must be what it says. */
function evidenceRefusal(registry: FoundedRegistry, claim: Claim, resignation: Resignation | null): Refusal | null {
  switch (claim.evidence.kind) {
    case 'own':
      return claim.node === registry.master
        ? null
        : refusal('STATEMENT_INVALID', 'only the registered master gives itself as evidence')
    case 'resigned':
      return resignation !== null &&
        resignation.network === registry.network &&
        resignation.cluster === registry.cluster &&
        resignation.node === registry.master &&
        sameToken(resignation, registry.lastGrant) &&
        resignation.to === claim.node
        ? null
        : refusal(
            'STATEMENT_INVALID',
            'not a resignation of the recorded master, at its token, in favour of the claimant',
          )
    case 'ordered': {
      const { order } = claim.evidence
      return claim.node !== registry.master && registry.orders.some(({ id }) => id === order)
        ? null
        : refusal('STATEMENT_INVALID', `no order ${order} stands against ${registry.master}`)
    }
    case 'planned': {
      const { switchover } = registry
      return switchover?.due && switchover.id === claim.evidence.switchover && switchover.to === claim.node
        ? null
        : refusal('STATEMENT_INVALID', `no switchover ${claim.evidence.switchover} to ${claim.node} is due`)
    }
    default:
      return null
  }
}

function refuse(refused: Refusal): ClaimVerdict {
  return { verdict: 'refuse', refusal: refused }
}
