/** RG2: what a grant makes of the registry, the founder's first of all. */
import type { Epoch, Generation, Version } from '../../ids.ts'
import type { RegistryContext, RegistryStep } from './messages.ts'
import { changed, eventOf, masterActed, result } from './outcome.ts'
import { NO_SWITCHES } from './switches.ts'
import type { FoundedRegistry, GrantRecord, Member, Recovery, RegistryState, UnfoundedRegistry } from './types.ts'

/** unfounded -> founded, once: the founder holds epoch 1 with itself as sync set (RG2). */
export function found(
  state: RegistryState & { readonly registry: UnfoundedRegistry },
  member: Member,
  nonce: string,
  context: RegistryContext,
): RegistryStep {
  const { generation } = state.registry
  const version = (state.registry.version + 1) as Version
  // A cluster whose registry was lost as a whole has had masters of whom nobody told (RG8).
  const recovery = generation === 0 ? null : NOTHING_CLEAN
  const grant: GrantRecord = {
    generation,
    epoch: 1 as Epoch,
    version,
    node: member.node,
    syncSet: [member.node],
    recovering: recovery !== null,
    coming: null,
    nonce,
    issuedAt: context.wallClock,
    certificate: member.certificate,
  }
  const registry: FoundedRegistry = {
    ...state.registry,
    status: 'founded',
    ...standingAfter(grant),
    recovery,
    orders: [],
    ordersSeen: [],
    pause: null,
    switches: NO_SWITCHES,
  }
  return granted(state, registry, grant, 'the founder named in genesis registers for the first time', context)
}

/** No log can end this recovery early. */
const NOTHING_CLEAN: Recovery = {
  lastClean: { token: { generation: 0 as Generation, epoch: 0 as Epoch }, syncSet: [] },
}

type Standing =
  | 'epoch'
  | 'version'
  | 'master'
  | 'syncSet'
  | 'coming'
  | 'syncSetVersion'
  | 'lastGrant'
  | 'reshape'
  | 'fenced'
  | 'dataLoss'
  | 'switchover'

/** What every grant makes of the registry; what operators said about the token before it is used up. */
export function standingAfter(grant: GrantRecord): Pick<FoundedRegistry, Standing> {
  const { epoch, version, node, syncSet, coming } = grant
  const unsaid = { fenced: null, dataLoss: null, switchover: null }
  return {
    epoch,
    version,
    master: node,
    syncSet,
    syncSetVersion: version,
    coming,
    lastGrant: grant,
    reshape: null,
    ...unsaid,
  }
}

/** A new token is recorded, told to the sessions and to the directory (NW2). */
export function granted(
  state: RegistryState,
  registry: FoundedRegistry,
  grant: GrantRecord,
  why: string,
  context: RegistryContext,
  evidence?: Parameters<typeof eventOf>[2]['evidence'],
): RegistryStep {
  const { write, send } = changed(registry)
  const heard = masterActed({ ...state, registry }, context.now)
  const about = { who: grant.node, why, ...(evidence === undefined ? {} : { evidence }) }
  return result(
    { ...heard, hearing: { ...heard.hearing, grantedAt: context.now } },
    {
      write: [{ w: 'grant', grant }, write],
      send: [send, { s: 'directory', grant }],
      events: [eventOf('granted', registry, about)],
    },
  )
}
