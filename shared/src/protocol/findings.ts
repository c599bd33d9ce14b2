/** An equivocation as a statement carries it, and back: the two messages are verified again by whoever is shown them (NW4). */
import { proposalSignBytes, voteSignBytes } from '../codec/vote.ts'
import type { Equivocation, Proposal, Vote } from '../core/consensus/messages.ts'
import { fromBase64Url, toBase64Url } from '../crypto/bytes.ts'
import type { SaidValue, StatedEquivocation } from '../crypto/statement-types.ts'
import type { Height, NetworkId, Round } from '../ids.ts'

type Act = Vote | Proposal

export function stateEquivocation({ cluster, first, second }: Equivocation): StatedEquivocation {
  const { height, round } = first
  return { cluster, height, round, type: typeOf(first), first: saidBy(first), second: saidBy(second) }
}

/** The two messages; null when they are not what a cluster can have said: a proposal names a block and a valid round, a vote no round. */
export function readEquivocation(stated: StatedEquivocation): { readonly first: Act; readonly second: Act } | null {
  const [first, second] = [readAct(stated, stated.first), readAct(stated, stated.second)]
  return first === null || second === null ? null : { first, second }
}

export function signBytesOf(network: NetworkId, act: Act): Uint8Array {
  return 'type' in act ? voteSignBytes(network, act) : proposalSignBytes(network, act)
}

function saidBy(act: Act): SaidValue {
  const { generation, epoch, block, signature } = act
  const validRound = 'type' in act ? null : act.validRound
  return { generation, epoch, block, validRound, signature: toBase64Url(signature) }
}

function readAct({ cluster, type, ...at }: StatedEquivocation, said: SaidValue): Act | null {
  const signature = fromBase64Url(said.signature)
  const { generation, epoch, block, validRound } = said
  if (signature === null || (type === 'proposal') !== (validRound !== null)) return null
  const base = { cluster, generation, epoch, height: at.height as Height, round: at.round as Round, signature }
  if (type !== 'proposal') return { ...base, type, block }
  return block === null || validRound === null ? null : { ...base, validRound, block }
}

function typeOf(act: Act): StatedEquivocation['type'] {
  return 'type' in act ? act.type : 'proposal'
}
