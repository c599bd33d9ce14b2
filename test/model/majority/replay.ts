/** Replays a trace of `spec/majority.qnt` on the real members: after every step both are in the same state. */
import type { NodeId } from '@baton/shared/ids'
import { difference, type Replayed } from '../replay/compare.ts'
import { key, plainStates } from '../replay/itf.ts'
import { again, arrive, ask, giveUp, recall, restart, wipe } from './acts.ts'
import { REGISTER_STARTS } from './starts.ts'
import type { Members } from './types.ts'
import { comparedOf, registerOf, type SpecAsk, type SpecMessage, type SpecRegister } from './words.ts'

export interface RegisterStep {
  readonly act: string
  readonly node: string
  readonly message: SpecMessage
  readonly ask: SpecAsk
}

export interface RegisterTrace {
  readonly states: readonly { readonly s: SpecRegister; readonly last: RegisterStep }[]
}

export function readRegisterTrace(text: string): RegisterTrace {
  return { states: plainStates(text) as RegisterTrace['states'] }
}

/** `alter` makes a mutant: it stands between a step and what comes of it. */
export function replayRegister(
  { states }: RegisterTrace,
  alter: (members: Members, step: RegisterStep) => Members = (members) => members,
): Replayed {
  let members = REGISTER_STARTS[states[0]!.last.act]!()
  for (const [at, { s, last }] of states.entries()) {
    const where = `step ${at}, ${last.act} ${last.node} ${last.message.kind}`
    try {
      if (at > 0) members = alter(perform(members, last), last)
    } catch (error) {
      return { steps: at, difference: `${where}: ${(error as Error).message}` }
    }
    const found = difference(comparedOf(s), registerOf(members))
    if (found !== null) return { steps: at, difference: `${where}: ${found}` }
  }
  return { steps: states.length, difference: null }
}

function perform(members: Members, step: RegisterStep): Members {
  const node = step.node as NodeId
  switch (step.act) {
    case 'arrive':
      return arrive(members, key(step.message))
    case 'repeat':
      return arrive(members, key(step.message), true)
    case 'ask':
      return ask(members, node, step.ask.kind)
    case 'again':
      return again(members, node)
    case 'giveUp':
      return giveUp(members, node)
    case 'restart':
      return restart(members, node)
    case 'wipe':
      return wipe(members, node)
    case 'recall':
      return recall(members, node)
    default:
      throw new Error(`no real machine knows the step ${step.act}`)
  }
}
