/** RG2: the cluster is created from genesis, and members are added as they register. */
import type { Generation, Version } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { RegistryInput, RegistryStep } from './messages.ts'
import { changed, eventOf, result } from './outcome.ts'
import type { Created, Member, RegistryState, UnfoundedRegistry } from './types.ts'

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
    quarantine: [],
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
  'revoked',
]

export function sameMember(a: Member, b: Member): boolean {
  return SHOWN.every((field) => a[field] === b[field])
}
