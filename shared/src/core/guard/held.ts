/** GU1: what is held. */
import type { Instant, LogIndex, NodeId } from '../../ids.ts'
import type { GuardPolicy, GuardState, LeadingRole } from './state.ts'

/** Every node whose disk counts, besides this one: sync set, pending addition, and the node about to be one (RG4). */
export function requiredOthers(policy: GuardPolicy, { required, reshaping }: LeadingRole): readonly NodeId[] {
  const nodes = required.syncSet.filter((node) => node !== policy.self)
  for (const node of required.pending) if (!nodes.includes(node)) nodes.push(node)
  if (reshaping?.step === 'adding' && !nodes.includes(reshaping.node)) nodes.push(reshaping.node)
  return nodes
}

/**
 * The highest index that every required node has on stable storage at this token. Own entries count as durable: the
 * driver lets nothing leave before its own fsync (core/step.ts). Never falls: an index that was held stays held.
 */
export function heldIndex(state: GuardState, role: LeadingRole): LogIndex {
  if (state.policy.durability === 'required' && role.required.syncSet.length < 2) return role.held
  let lowest: number = state.last.index
  for (const node of requiredOthers(state.policy, role)) {
    const follower = role.followers.get(node)
    if (follower === undefined) return role.held
    lowest = Math.min(lowest, follower.acked.index)
  }
  // Entries of older epochs count only once this epoch's barrier does (GU3).
  if (lowest < role.barrier) return role.held
  return Math.max(lowest, role.held) as LogIndex
}

/**
 * What may be called held to a follower. Entries are streamed before this node's own fsync, so a master alone may not yet have on
 * disk what it will hold at the end of its batch; what a follower has acknowledged left in an earlier batch, and is.
 */
export function toldHeld(role: LeadingRole): LogIndex {
  let acked = 0
  for (const follower of role.followers.values()) acked = Math.max(acked, follower.acked.index)
  return Math.min(role.held, acked) as LogIndex
}

/** How long this master has been unable to hold what it wrote, in ms; 0 when nothing waits (RG3 `stalled`). */
export function unheldFor(state: GuardState, now: Instant): number {
  if (state.role.role !== 'leading' || state.role.unheldSince === null) return 0
  return now - state.role.unheldSince
}
