/** What a master has found against another's, as the audit takes it in (NW4, NW5). */
import type { ClusterId, NodeId, Token } from '../../ids.ts'
import type { AuditInput, ConsensusAct, Reporter } from '../audit/types.ts'
import type { Proposal, Vote } from '../consensus/messages.ts'
import { isProposersFault } from '../ledger/judgement.ts'
import type { NodeEvent } from './io.ts'

type Finding = Extract<AuditInput, { readonly i: 'evidence' | 'accusation' }>

/** Who held a token, as the grants say that were seen; null: nobody that is known. */
export type HolderOf = (cluster: ClusterId, token: Token) => NodeId | null

/** Null when the event accuses nobody, or nobody who is known. */
export function findingOf(event: NodeEvent, by: Reporter, holderOf: HolderOf): Finding | null {
  if ('kind' in event && event.kind === 'equivocation') {
    const { first, second } = event.evidence
    const [a, b] = [said(first, holderOf), said(second, holderOf)]
    return a === null || b === null ? null : { i: 'evidence', act: actOf(first), first: a, second: b }
  }
  if ('event' in event && event.event === 'invalid-proposal' && isProposersFault(event.fault)) {
    const { cluster, token, height, round } = event
    const node = holderOf(cluster, token)
    return node === null ? null : { i: 'accusation', by, against: { cluster, ...tokenOf(token), node }, height, round }
  }
  return null
}

function said(act: Vote | Proposal, holderOf: HolderOf): Extract<AuditInput, { i: 'evidence' }>['first'] | null {
  const { cluster } = act
  const node = holderOf(cluster, act)
  return node === null ? null : { by: { cluster, ...tokenOf(act), node }, value: act.block }
}

function actOf(act: Vote | Proposal): ConsensusAct {
  const { height, round } = act
  return { height, round, type: 'type' in act ? act.type : 'proposal' }
}

function tokenOf({ generation, epoch }: Token): Token {
  return { generation, epoch }
}
