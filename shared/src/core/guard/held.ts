/** GU1: what is held. */
import type { Instant, LogIndex, NodeId } from '../../ids.ts'
import type { GuardPolicy, GuardState, LeadingRole } from './state.ts'
import type { RequiredSet } from './types.ts'

/** Every node whose disk counts: sync set and pending additions (RG4). */
export function requiredNodes(required: RequiredSet): readonly NodeId[] {
  return [...new Set([...required.syncSet, ...required.pending])]
}

/** The required nodes besides this one. */
export function requiredOthers(policy: GuardPolicy, required: RequiredSet): readonly NodeId[] {
  return requiredNodes(required).filter((node) => node !== policy.self)
}

/**
 * The highest index that every required node has on stable storage at this token. Own entries count as durable: the
 * driver lets nothing leave before its own fsync (core/step.ts). Never falls: an index that was held stays held.
 */
export function heldIndex(state: GuardState, role: LeadingRole): LogIndex {
  if (state.policy.durability === 'required' && role.required.syncSet.length < 2) return role.held
  let lowest: number = state.last.index
  for (const node of requiredOthers(state.policy, role.required)) {
    const follower = role.followers.get(node)
    if (follower === undefined) return role.held
    lowest = Math.min(lowest, follower.acked.index)
  }
  // Entries of older epochs count only once this epoch's barrier does (GU3).
  if (lowest < role.barrier) return role.held
  return Math.max(lowest, role.held) as LogIndex
}

/** How long this master has been unable to hold what it wrote, in ms; 0 when nothing waits (RG3 `stalled`). */
export function unheldFor(state: GuardState, now: Instant): number {
  if (state.role.role !== 'leading' || state.role.unheldSince === null) return 0
  return now - state.role.unheldSince
}
