/** RG1, RG2, RG3, EL6: who may become master. */
import type { Claim, Resignation } from '../../crypto/statement-types.ts'
import { compareTokens, type Epoch, sameToken } from '../../ids.ts'
import { masterSessionHasClosed, silenceRefusal } from './hearing.ts'
import type { Refusal, RegistryContext } from './messages.ts'
import { type FoundedRegistry, type Hearing, type Member, tokenOf } from './types.ts'

export type ClaimVerdict =
  | { readonly verdict: 'grant'; readonly member: Member; readonly why: string }
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
    return refuse('STATEMENT_INVALID', `the claim is for ${claim.network}/${claim.cluster}`)
  }
  if (member === undefined) return refuse('UNKNOWN_NODE', `${claim.node} has never registered`)
  if (isRepeat(registry, claim)) return { verdict: 'repeat' }
  const refusal =
    tokenRefusal(registry, claim) ??
    candidateRefusal(registry, member, context) ??
    logRefusal(registry, hearing, claim) ??
    evidenceRefusal(registry, claim, resignation)
  if (refusal !== null) return { verdict: 'refuse', refusal }
  if (claim.evidence.kind === 'own') return { verdict: 'grant', member, why: 'the registered master claims anew' }
  if (claim.evidence.kind === 'resigned') return { verdict: 'grant', member, why: `${registry.master} resigned` }
  if (claim.evidence.kind === 'refused' && masterSessionHasClosed(registry, hearing)) {
    return { verdict: 'grant', member, why: `${registry.master}: session closed and reconnect refused` }
  }
  const silence = silenceRefusal(registry, hearing, context.now)
  if (silence !== null) return { verdict: 'refuse', refusal: silence }
  return { verdict: 'grant', member, why: `${registry.master} was not heard for masterTtl` }
}

function isRepeat(registry: FoundedRegistry, claim: Claim): boolean {
  return (
    sameToken(claim, tokenOf(registry)) && registry.master === claim.node && registry.lastGrant.nonce === claim.nonce
  )
}

/** RG1: the epoch asked for is the next one, and the claim was made against the recorded version. */
function tokenRefusal(registry: FoundedRegistry, claim: Claim): Refusal | null {
  const next = { generation: registry.generation, epoch: (registry.epoch + 1) as Epoch }
  const order = compareTokens(claim, next)
  if (order > 0) return refusal('TOKEN_CONFLICT', 'the claim knows a higher token than the registry')
  if (claim.version !== registry.version) {
    return refusal('STALE_VERSION', `made against version ${claim.version}, recorded is ${registry.version}`)
  }
  return order < 0 ? refusal('LOWER_TOKEN', 'the epoch asked for has been granted before') : null
}

/** RG2: only an electable member of the sync set is granted cleanly; ID8: expiry gates grants. */
function candidateRefusal(registry: FoundedRegistry, member: Member, context: RegistryContext): Refusal | null {
  if (context.wallClock >= member.expiresAt) {
    return refusal('CERTIFICATE_EXPIRED', `the certificate of ${member.node} has expired`)
  }
  if (!registry.syncSet.includes(member.node)) {
    return refusal('NOT_ELECTABLE', `${member.node} is not in the sync set`)
  }
  if (registry.bars.includes(member.node)) return refusal('NOT_ELECTABLE', `${member.node} is barred`)
  if (member.noFailover && member.node !== registry.master) {
    return refusal('NOT_ELECTABLE', `${member.node} has noFailover set`)
  }
  return null
}

/** EL6: a log shorter than the authority has seen it acknowledge at this token has lost something. */
function logRefusal(registry: FoundedRegistry, hearing: Hearing, claim: Claim): Refusal | null {
  const seen = hearing.reports.get(claim.node)?.acknowledged ?? registry.acknowledged.get(claim.node)
  if (seen === undefined || !sameToken(seen.token, tokenOf(registry))) return null
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
        sameToken(resignation, tokenOf(registry)) &&
        resignation.to === claim.node
        ? null
        : refusal(
            'STATEMENT_INVALID',
            'not a resignation of the recorded master, at its token, in favour of the claimant',
          )
    default:
      return null
  }
}

function refusal(code: Refusal['code'], why: string): Refusal {
  return { code, why, retryAfterMs: null }
}

function refuse(code: Refusal['code'], why: string): ClaimVerdict {
  return { verdict: 'refuse', refusal: refusal(code, why) }
}
