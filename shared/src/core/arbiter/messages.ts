/** What goes into the arbiter machine and what comes out of it. */
import type { Instant, Jws, NodeId, Version } from '../../ids.ts'
import type { RegistryContext, RegistryEvent, RegistryInput, RegistrySend, Report } from '../registry/messages.ts'
import type { ForeignSilence, Member } from '../registry/types.ts'
import type { Step } from '../step.ts'
import type { Ballot } from './ballot.ts'
import type { Accepted, ArbiterState, GrantAtBallot, Memory, Promised, RegisterValue, Seat } from './types.ts'

/** Between members, over links that prove who speaks. Any of them may be lost, repeated, or come late. */
export type ArbiterMessage =
  | { readonly m: 'prepare'; readonly ballot: Ballot }
  | ({ readonly m: 'promise'; readonly ballot: Ballot } & Promised)
  /** `founding`: the first value of the cluster, which all members accept. */
  | { readonly m: 'accept'; readonly ballot: Ballot; readonly value: RegisterValue; readonly founding: boolean }
  /** `signature` of the grant in the value, verified by the driver; null where the value carries its proof. */
  | { readonly m: 'accepted'; readonly ballot: Ballot; readonly signature: string | null }
  /** A higher ballot is promised. */
  | { readonly m: 'refused'; readonly ballot: Ballot; readonly promised: Ballot }
  | { readonly m: 'decided'; readonly decided: Accepted }
  /** `knows`: the ballot of the newest decided value that the sender knows; who knows a newer one answers with it. */
  | { readonly m: 'report'; readonly life: string; readonly report: Report; readonly knows: Ballot | null }
  | { readonly m: 'heard'; readonly life: string; readonly report: number; readonly knows: Ballot | null }
  /** A member without a value asks every other one; `life` names its process. */
  | { readonly m: 'recall'; readonly life: string }
  | ({ readonly m: 'memory'; readonly life: string } & Memory)

export type ArbiterInput =
  | { readonly i: 'message'; readonly from: NodeId; readonly message: ArbiterMessage }
  | { readonly i: 'link'; readonly peer: NodeId; readonly up: boolean }
  /** Decided by the registry machine over what a majority holds and hears. */
  | { readonly i: 'ask'; readonly ask: RegistryInput }
  /** This node's own report (RG3): every member hears it. */
  | { readonly i: 'report'; readonly report: Report }
  /** From the directory, where it can be reached (RG6). */
  | ({ readonly i: 'foreignSilence' } & Omit<ForeignSilence, 'at'>)
  /** This node has a new certificate, or says something else of itself. */
  | { readonly i: 'member'; readonly member: Member }
  | { readonly i: 'timer'; readonly name: ArbiterTimer }

/** One row, replaced. */
export interface ArbiterWrite {
  readonly w: 'seat'
  readonly seat: Seat
}

export type ArbiterSend =
  | { readonly s: 'member'; readonly to: NodeId; readonly message: ArbiterMessage }
  /** Signed by the driver where `sign` says what, then said as `accepted`; `to` may be this node itself. */
  | { readonly s: 'accepted'; readonly to: NodeId; readonly ballot: Ballot; readonly sign: GrantAtBallot | null }
  /** The registry's answer to what was asked here: only after the value behind it is decided. */
  | { readonly s: 'registry'; readonly send: RegistrySend }
  /** A newer decided value is known. */
  | { readonly s: 'decided'; readonly decided: Accepted }
  /** A majority has heard this report of this node. */
  | { readonly s: 'heard'; readonly report: number; readonly version: Version }
  /** What stands for the session with an authority begins or ends. */
  | { readonly s: 'session'; readonly up: boolean }

export type ArbiterEvent =
  | { readonly e: 'registry'; readonly event: RegistryEvent }
  /** This member had no value, and has one again from what all others told. */
  | { readonly e: 'reseated'; readonly promised: Ballot | null }
  /** Nobody holds a value: the cluster can be founded. */
  | { readonly e: 'fresh' }

export type ArbiterTimer = 'proposal' | 'recall'

export interface ArbiterContext extends RegistryContext {
  readonly now: Instant
  /** The text that proves a grant to everybody else, of a majority's signatures under one ballot. */
  readonly prove: (signed: GrantAtBallot, signatures: ReadonlyMap<NodeId, string>) => Jws
}

export type ArbiterStep = Step<ArbiterState, ArbiterWrite, ArbiterSend, ArbiterTimer, ArbiterEvent>
