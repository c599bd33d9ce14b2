/** RG2: the cluster is created from genesis, its founder gets epoch 1, members are added as they register. */
import type { Epoch, Generation, Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { RegistryContext, RegistryInput, RegistryStep } from './messages.ts'
import { changed, eventOf, masterActed, result } from './outcome.ts'
import { NO_SWITCHES } from './switches.ts'
import type {
  Created,
  FoundedRegistry,
  GrantRecord,
  Member,
  Recovery,
  RegistryState,
  UnfoundedRegistry,
} from './types.ts'

type Input<Name extends RegistryInput['i']> = Extract<RegistryInput, { readonly i: Name }>

/** absent -> unfounded. */
export function create(state: RegistryState, input: Input<'create'>): RegistryStep {
  const registry: UnfoundedRegistry = {
    status: 'unfounded',
    network: input.network,
    cluster: input.cluster,
    founder: input.founder,
    policy: input.policy,
    generation: 0 as Generation,
    version: 0 as Version,
    members: new Map(),
    bars: [],
    acknowledged: new Map(),
    frozen: null,
    restore: null,
  }
  return result(
    { ...state, registry },
    {
      write: [{ w: 'cluster', registry }],
      events: [eventOf('created', registry, { who: input.founder, why: 'named as founder in genesis' })],
    },
  )
}

/** Adds or updates a member; every change of what others are told about it raises the version (RG1). */
export function seeMember<Known extends Created>(
  state: RegistryState & { readonly registry: Known },
  member: Member,
): RegistryStep & { readonly state: RegistryState & { readonly registry: Known } } {
  const known = state.registry.members.get(member.node)
  if (known !== undefined && sameMember(known, member)) return { ...result(state), state }
  if (known === undefined && state.registry.members.size >= LIMITS.nodesPerCluster) {
    const why = `the cluster has ${LIMITS.nodesPerCluster} members already`
    return { ...result(state, { rejected: { code: 'UNKNOWN_NODE', why } }), state }
  }
  const registry: Known = {
    ...state.registry,
    version: (state.registry.version + 1) as Version,
    members: new Map(state.registry.members).set(member.node, member),
  }
  const { write, send } = changed(registry)
  const { certificate: _, ...shown } = member
  const kind = known === undefined ? 'member-added' : 'member-changed'
  const about = {
    who: member.node,
    why: 'its certificate verifies to the owner',
    evidence: { kind: 'session', member: shown },
  } as const
  const next = { ...state, registry }
  return {
    ...result(next, {
      write: [{ w: 'member', member }, write],
      send: [send],
      events: [eventOf(kind, registry, about)],
    }),
    state: next,
  }
}

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

/** What every grant makes of the registry; what operators said about the token before it is used up. */
export function standingAfter(grant: GrantRecord): Pick<FoundedRegistry, Standing> {
  const { epoch, version, node, syncSet, coming } = grant
  const unsaid = { fenced: null, dataLoss: null }
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

const SHOWN: readonly (keyof Member)[] = [
  'node',
  'site',
  'certificate',
  'key',
  'expiresAt',
  'peerAddress',
  'apiAddress',
  'priority',
  'noFailover',
]

function sameMember(a: Member, b: Member): boolean {
  return SHOWN.every((field) => a[field] === b[field])
}
