/** State of one member of a majority: its vote, what it hears, and what it proposes (MJ1). */
import type { Grant } from '../../crypto/statement-types.ts'
import type { ClusterPolicy } from '../../genesis.ts'
import type { ClusterId, Instant, Jws, NetworkId, NodeId } from '../../ids.ts'
import type { RegistryEvent, RegistryInput, RegistrySend, Report } from '../registry/messages.ts'
import type { Acknowledged, Created, ForeignSilence, Member } from '../registry/types.ts'
import type { Ballot } from './ballot.ts'

/** What the members agree on, one value after the other: the whole durable registry of their cluster. */
export interface RegisterValue {
  readonly registry: Created
  /** Its last grant as a majority has signed it; null: nothing is granted, or the signatures are still to be gathered. */
  readonly proof: Jws | null
}

/** A value, and the ballot under which it was accepted. */
export interface Accepted {
  readonly ballot: Ballot
  readonly value: RegisterValue
}

/** On disk, before it is answered for. */
export interface Seat {
  /** Nothing below it is promised or accepted any more. */
  readonly promised: Ballot | null
  /** The last value this member accepted; null: none, or its disk was lost. */
  readonly accepted: Accepted | null
}

/** Everybody else's answer to a member without a value: what it may have forgotten is known to them. */
export interface Memory {
  readonly promised: Ballot | null
  readonly accepted: Accepted | null
}

/** How far a member may take part. */
export type Standing =
  /** Its disk holds no value: new, or emptied. It votes for nothing until *all* others have told what they hold. */
  | { readonly s: 'asking'; readonly told: ReadonlyMap<NodeId, Memory> }
  /** No other member held a value: the cluster is about to be founded. */
  | { readonly s: 'fresh' }
  | { readonly s: 'seated' }

/** The last report of a node, the process that said it, and how long its log has been seen to be (EL6). */
export interface HeardOfNode {
  readonly life: string
  readonly report: Report
  readonly acknowledged: Acknowledged
  readonly complete: boolean
}

/** What this member has heard in this process: a hint, as that of an authority (RG7). */
export interface MemberHearing {
  readonly since: Instant
  readonly reports: ReadonlyMap<NodeId, HeardOfNode & { readonly at: Instant }>
  readonly links: ReadonlyMap<NodeId, { readonly state: 'open' | 'closed'; readonly at: Instant }>
  /** When it accepted the first value of its present token; null: in an earlier process. */
  readonly grantedAt: Instant | null
  readonly foreignSilence: ForeignSilence | null
}

/** A member's hearing as it tells it with a promise: ages in ms instead of moments, for its clock is its own. */
export interface ToldHearing {
  readonly listeningMs: number
  readonly reports: readonly (HeardOfNode & { readonly node: NodeId; readonly ageMs: number })[]
  readonly links: readonly { readonly node: NodeId; readonly state: 'open' | 'closed'; readonly ageMs: number }[]
  readonly grantedMs: number | null
  readonly foreignSilence: (Omit<ForeignSilence, 'at'> & { readonly ageMs: number }) | null
}

export interface Promised {
  readonly accepted: Accepted | null
  readonly hearing: ToldHearing
}

/** What is asked of the registry; null: only what is decided. */
export type Ask = RegistryInput | null

interface Underway {
  readonly ask: Ask
  readonly attempt: number
  /** When it is given up; what was accepted by then may still be decided. */
  readonly until: Instant
}

export type Proposal =
  /** Another one was faster: it waits before it tries again. */
  | (Underway & { readonly p: 'waiting' })
  | (Underway & {
      readonly p: 'preparing'
      readonly ballot: Ballot
      readonly promises: ReadonlyMap<NodeId, Promised>
    })
  | (Underway & {
      readonly p: 'accepting'
      readonly ballot: Ballot
      readonly value: RegisterValue
      /** Members that must accept: a majority, or all when the cluster is founded. */
      readonly needed: number
      /** Of those that have accepted under this ballot: the signature of the grant, where it is still to be proven. */
      readonly signatures: ReadonlyMap<NodeId, string | null>
      /** What the registry said: it leaves when the value is decided, and never without. */
      readonly send: readonly RegistrySend[]
      readonly events: readonly RegistryEvent[]
    })

/** Fixed when the cluster is created. */
export interface ArbiterConfig {
  /** This node, as its certificate and configuration say. */
  readonly member: Member
  readonly network: NetworkId
  readonly cluster: ClusterId
  readonly founder: NodeId
  readonly policy: ClusterPolicy
  /** At least three, in the order of their names; this node is one of them. */
  readonly members: readonly NodeId[]
}

export interface ArbiterState {
  readonly config: ArbiterConfig
  /** Names this process in its reports. */
  readonly life: string
  readonly seat: Seat
  readonly standing: Standing
  /** The newest value that this process knows to be decided. */
  readonly decided: Accepted | null
  readonly hearing: MemberHearing
  readonly proposal: Proposal | null
  readonly asks: readonly Ask[]
  /** A majority, this member included, is linked and this member may vote: it stands for the authority's session. */
  readonly up: boolean
  /** Own reports that wait for a majority to have heard them, oldest first. */
  readonly unheard: readonly { readonly report: number; readonly by: readonly NodeId[] }[]
  /** The highest counter of a ballot seen. */
  readonly counter: number
}

/** What a member signs when it accepts: signatures under different ballots say different things, so they never add up. */
export interface GrantAtBallot {
  readonly grant: Grant
  readonly ballot: Ballot
}
