/** Refuses what a peer may not say. A refusal changes nothing and never throws. */
import type { Height } from '../../ids.ts'
import type { Rejection } from '../step.ts'
import type { Proposal, Vote } from './messages.ts'
import { proposer } from './proposer.ts'
import type { HeightSetting } from './types.ts'

export function screenVote(vote: Vote, height: Height, { roster }: HeightSetting): Rejection | null {
  if (!isRound(vote.round)) return malformed(`round ${vote.round}`)
  if (vote.height !== height) return unexpected(`a vote of height ${vote.height} at height ${height}`)
  if (!roster.positions.has(vote.cluster)) return unexpected(`${vote.cluster} has no vote at height ${height}`)
  return null
}

export function screenProposal(proposal: Proposal, height: Height, { roster }: HeightSetting): Rejection | null {
  const { round, validRound, cluster } = proposal
  if (!isRound(round)) return malformed(`round ${round}`)
  if (validRound !== -1 && !(isRound(validRound) && validRound < round)) {
    return malformed(`valid round ${validRound} in round ${round}`)
  }
  if (proposal.height !== height) return unexpected(`a proposal of height ${proposal.height} at height ${height}`)
  const turn = proposer(roster.clusters, height, round)
  if (cluster !== turn) return unexpected(`${cluster} proposes in round ${round}, the turn of ${turn}`)
  return null
}

function isRound(round: number): boolean {
  return Number.isSafeInteger(round) && round >= 0
}

function malformed(why: string): Rejection {
  return { code: 'PEER_MALFORMED', why }
}

function unexpected(why: string): Rejection {
  return { code: 'PEER_UNEXPECTED', why }
}
