/** RG4: who may change the sync set, and to what. */
import type { Reshape } from '../../crypto/statement-types.ts'
import { type NodeId, sameToken } from '../../ids.ts'
import { LIMITS } from '../../limits.ts'
import type { Refusal } from './messages.ts'
import { type FoundedRegistry, tokenOf } from './types.ts'

export type ReshapeVerdict =
  | { readonly verdict: 'apply' }
  /** The sync set is already the one asked for (RG1). */
  | { readonly verdict: 'repeat' }
  | { readonly verdict: 'refuse'; readonly refusal: Refusal }

export function judgeReshape(registry: FoundedRegistry, reshape: Reshape): ReshapeVerdict {
  if (reshape.network !== registry.network || reshape.cluster !== registry.cluster) {
    return refuse('STATEMENT_INVALID', `the statement is for ${reshape.network}/${reshape.cluster}`)
  }
  if (reshape.node !== registry.master || !sameToken(reshape, tokenOf(registry))) {
    return refuse('NOT_CURRENT_MASTER', `epoch ${registry.epoch} belongs to ${registry.master}`)
  }
  if (sameSet(reshape.syncSet, registry.syncSet)) return { verdict: 'repeat' }
  if (reshape.version !== registry.version) {
    return refuse('STALE_VERSION', `made against version ${reshape.version}, recorded is ${registry.version}`)
  }
  if (reshape.syncSet.length > LIMITS.nodesPerCluster || new Set(reshape.syncSet).size !== reshape.syncSet.length) {
    return refuse('STATEMENT_INVALID', 'the sync set names a node twice, or too many nodes')
  }
  if (!reshape.syncSet.includes(registry.master)) {
    return refuse('STATEMENT_INVALID', 'the sync set must contain the master')
  }
  for (const node of reshape.syncSet) {
    if (!registry.members.has(node)) return refuse('UNKNOWN_NODE', `${node} has never registered`)
    if (registry.bars.includes(node) && !registry.syncSet.includes(node)) {
      return refuse('NOT_ELECTABLE', `${node} is barred`)
    }
  }
  return { verdict: 'apply' }
}

function sameSet(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((node) => b.includes(node)) && b.every((node) => a.includes(node))
}

function refuse(code: Refusal['code'], why: string): ReshapeVerdict {
  return { verdict: 'refuse', refusal: { code, why, retryAfterMs: null } }
}
