/** What must hold of every state and of every step; used by production asserts, unit, property and simulation tests. */
import { compareTokens, sameToken } from '../../ids.ts'
import { nextToken, registry } from './known.ts'
import { TRANSITIONS } from './transitions.ts'
import type { ElectionInput, ElectionState, ElectionStep } from './types.ts'

/** Broken invariants of a state, as sentences; empty when all hold. */
export function brokenInState(state: ElectionState): string[] {
  const broken: string[] = []
  const must = (holds: boolean, sentence: string) => {
    if (!holds) broken.push(sentence)
  }
  const { role, own, config, grant, asked } = state
  if (role.r === 'master' || role.r === 'resigning') {
    must(own !== null && sameToken(own.token, role.token), 'EL5: a master acts under the highest token it knows')
    must(own?.node === config.node, 'EL5: a master is the node its token names')
  }
  if (grant !== null) {
    must(own !== null && compareTokens(grant.mastership, own.token) === 0, 'EL5: the grant kept is that of the token')
    must(own?.node === grant.mastership.node, 'RG8: one token names one node')
  }
  if (asked !== null && own !== null) {
    must(compareTokens(asked.token, own.token) > 0, 'EL5: a claim asks for a token above the highest known')
  }
  if (role.r === 'claiming') must(asked !== null, 'EL5: a claim under way has its nonce')
  return broken
}

/** Broken invariants of one step from `before` on `input`. */
export function brokenInStep(before: ElectionState, input: ElectionInput, step: ElectionStep): string[] {
  const broken = brokenInState(step.state)
  const must = (holds: boolean, sentence: string) => {
    if (!holds) broken.push(sentence)
  }
  const after = step.state
  const { role, own } = after
  const from = before.role.r

  must(
    role.r === from || TRANSITIONS[from][input.i].includes(role.r),
    `no transition from ${from} to ${role.r} on ${input.i}`,
  )
  if (before.own !== null && from !== 'starting') {
    must(own !== null && compareTokens(own.token, before.own.token) >= 0, 'EL5: tokens never fall')
    if (own !== null && sameToken(own.token, before.own.token)) {
      must(own.node === before.own.node, 'RG8: a token never changes its node')
    }
  }
  const raised = input.i !== 'started' && own !== null && (before.own === null || own !== before.own)
  must(
    !raised || step.write.some((write) => write.own === own),
    'EL5: a new token is written in the step that takes it',
  )

  const mastered = step.send.find((send) => send.s === 'becomeMaster')
  if (mastered !== undefined) {
    must(
      input.i === 'grantSeen' && (before.asked?.nonce === input.nonce || before.challenges.includes(input.nonce)),
      'EL5: only the grant of our claim makes a master',
    )
    must(after.asked === null && after.challenges.length === 0, 'EL5: a claim is granted once')
  }
  const resumed = step.send.some((send) => send.s === 'resumeMaster')
  must(!resumed || (input.i === 'started' && input.resume), 'RG2: only a start with its required set on disk goes on')
  if (role.r === 'master' && !(before.role.r === 'master' && sameToken(before.role.token, role.token))) {
    must(mastered !== undefined || resumed, 'EL5: nobody becomes master without a grant or a right to go on')
  }
  if (before.role.r === 'master' && role.r !== 'master' && role.r !== 'resigning') {
    must(
      step.send.some((send) => send.s === 'stepDown'),
      'EL5: a master that stops being one says so',
    )
  }
  for (const send of step.send) {
    if (send.s === 'claim') {
      must(
        before.own === null || compareTokens(send.claim, before.own.token) > 0,
        'EL5: a claim asks for a higher token',
      )
      must(
        own === null || compareTokens(send.claim, nextToken(registry(after)?.token ?? own.token)) === 0,
        'RG2: a claim asks for the next epoch',
      )
      must(
        (send.claim.evidence.kind === 'lost') === (registry(after)?.syncSet.includes(after.config.node) === false),
        'RG6: a claim from outside the sync set says that it is lost, and only such a one',
      )
      must(!after.revoked.has(after.config.node), 'ID8: nothing is claimed under a revoked key')
      must(after.log.complete, 'EL6: a node without its whole log does not stand')
      must(!after.config.noFailover || send.claim.evidence.kind === 'own', 'EL4: noFailover never stands')
    }
    if (send.s === 'signResignation') {
      must(input.i === 'sealed', 'RG3: a resignation is signed after the guard has stopped')
    }
  }
  return broken
}
