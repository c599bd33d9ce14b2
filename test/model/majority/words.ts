/** The abstraction function of the register: what the real members are in the words of the spec (`spec/register.qnt`). */
import type { Ballot } from '@baton/shared/core/arbiter/ballot'
import type { Accepted, ArbiterState, Ask, Proposal, RegisterValue, Seat } from '@baton/shared/core/arbiter/types'
import { NODES } from '../cluster/types.ts'
import { key, sorted } from '../replay/itf.ts'
import { type Letter, type Members, stateOf } from './types.ts'

export interface SpecGrant {
  readonly epoch: number
  readonly node: string
}

export interface SpecAccepted {
  readonly ballot: number
  readonly grants: readonly SpecGrant[]
  readonly proven: boolean
}

export interface SpecAsk {
  readonly kind: string
  readonly after: number
}

export interface SpecMessage {
  readonly kind: string
  readonly from: string
  readonly to: string
  readonly ballot: number
  readonly promised: number
  readonly accepted: SpecAccepted
  readonly founding: boolean
  readonly life: number
}

export interface SpecProposal {
  readonly phase: string
  readonly ask: SpecAsk
  readonly ballot: number
  readonly promises: Readonly<Record<string, SpecAccepted>>
  readonly grants: readonly SpecGrant[]
  readonly proven: boolean
  readonly needed: number
  readonly votes: readonly string[]
}

export interface SpecMember {
  readonly promised: number
  readonly accepted: SpecAccepted
  readonly standing: string
  readonly told: Readonly<Record<string, { readonly promised: number; readonly accepted: SpecAccepted }>>
  readonly life: number
  readonly counter: number
  readonly decided: SpecAccepted
  readonly proposal: SpecProposal
}

/** The part of `State` that is compared; the rest of it only watches. */
export interface SpecRegister {
  readonly members: Readonly<Record<string, SpecMember>>
  readonly wire: readonly SpecMessage[]
}

const NONE: SpecAccepted = { ballot: 0, grants: [], proven: false }
const IDLE = {
  phase: 'idle',
  ask: { kind: 'read', after: 0 },
  ballot: 0,
  promises: {},
  grants: [],
  proven: false,
  needed: 0,
  votes: [],
}

export function registerOf(members: Members): SpecRegister {
  const each = NODES.map((node) => [node, memberOf(stateOf(members, node), members.disks.get(node)!)] as const)
  return { members: Object.fromEntries(each), wire: sorted([...members.wire.values()].map(messageOf)) }
}

/** The same part of a state of the spec. */
export function comparedOf({ members, wire }: SpecRegister): SpecRegister {
  return { members, wire }
}

export function letterKey(letter: Letter): string {
  return key(messageOf(letter))
}

export function ballotOf(ballot: Ballot | null): number {
  return ballot === null ? 0 : 10 * ballot.counter + NODES.indexOf(ballot.node) + 1
}

/** The nonce of a claim is the whole history that its claimant knows, and the grant it asks for (`acts.ts`). */
export function grantsOf({ registry }: RegisterValue): readonly SpecGrant[] {
  if (registry.status !== 'founded') throw new Error('a value without a grant')
  const { epoch, node, nonce } = registry.lastGrant
  const grants = nonce.split('.').map((text) => ({ epoch: Number(text.slice(0, -1)), node: text.slice(-1) }))
  const last = grants.at(-1)!
  if (grants.length !== epoch || last.epoch !== epoch || last.node !== node || registry.master !== node) {
    throw new Error(`${node} was granted ${epoch} over another value than it claimed: ${nonce}`)
  }
  return grants
}

export function acceptedOf(accepted: Accepted | null): SpecAccepted {
  if (accepted === null) return NONE
  const { ballot, value } = accepted
  return { ballot: ballotOf(ballot), grants: grantsOf(value), proven: value.proof !== null }
}

function memberOf(state: ArbiterState, disk: Seat): SpecMember {
  const { standing, life, counter, decided, proposal } = state
  const told = standing.s === 'asking' ? [...standing.told] : []
  const memories = told.map(([node, one]) => [node, seatOf(one)] as const)
  return {
    ...seatOf(disk),
    standing: standing.s,
    told: Object.fromEntries(memories),
    life: lifeOf(life),
    counter,
    decided: acceptedOf(decided),
    proposal: proposalOf(proposal),
  }
}

function seatOf({ promised, accepted }: Seat): { readonly promised: number; readonly accepted: SpecAccepted } {
  return { promised: ballotOf(promised), accepted: acceptedOf(accepted) }
}

function proposalOf(proposal: Proposal | null): SpecProposal {
  if (proposal === null) return IDLE
  const under = { ...IDLE, phase: proposal.p, ask: askOf(proposal.ask) }
  if (proposal.p === 'waiting') return under
  const ballot = ballotOf(proposal.ballot)
  if (proposal.p === 'preparing') {
    const promises = [...proposal.promises].map(([node, { accepted }]) => [node, acceptedOf(accepted)] as const)
    return { ...under, ballot, promises: Object.fromEntries(promises) }
  }
  const { value, needed, signatures } = proposal
  const votes = sorted([...signatures.keys()])
  return { ...under, ballot, grants: grantsOf(value), proven: value.proof !== null, needed, votes }
}

function askOf(ask: Ask): SpecAsk {
  if (ask?.i === 'claim') return { kind: 'claim', after: ask.claim.epoch - 1 }
  return { kind: ask?.i === 'memberSeen' ? 'found' : 'read', after: 0 }
}

function messageOf({ from, to, message }: Letter): SpecMessage {
  const said = { kind: message.m, from, to, ballot: 0, promised: 0, accepted: NONE, founding: false, life: 0 }
  switch (message.m) {
    case 'prepare':
    case 'accepted':
      return { ...said, ballot: ballotOf(message.ballot) }
    case 'promise':
      return { ...said, ballot: ballotOf(message.ballot), accepted: acceptedOf(message.accepted) }
    case 'accept': {
      const { ballot, value, founding } = message
      return { ...said, ballot: ballotOf(ballot), accepted: acceptedOf({ ballot, value }), founding }
    }
    case 'refused':
      return { ...said, ballot: ballotOf(message.ballot), promised: ballotOf(message.promised) }
    case 'decided':
      return { ...said, accepted: acceptedOf(message.decided) }
    case 'recall':
      return { ...said, life: lifeOf(message.life) }
    case 'memory':
      return { ...said, ...seatOf(message), life: lifeOf(message.life) }
    default:
      throw new Error(`nobody says ${message.m} here`)
  }
}

function lifeOf(life: string): number {
  return Number(life.split('/')[1])
}
