/** What a command changes of a drawn spec: how a failing seed is made smaller, and replayed. */
import { faultsTolerated } from '@baton/shared/core/ledger/types'
import { FAULT_KINDS, type FaultKind } from '../faults/kinds.ts'
import { drawSpec, type RunSpec } from './spec.ts'

/** Named in `without`: no cluster is its own arbiter. */
export const MAJORITIES = 'majorities'

export interface Overrides {
  readonly without?: readonly string[]
  /** These kinds and no other, far oftener than usual, and no traitor: for what needs one rare situation. */
  readonly focus?: readonly FaultKind[] | undefined
  readonly safetyMs?: number
  readonly loadEveryMs?: number
  readonly network?: readonly [clusters: number, nodes: number] | undefined
  readonly traitors?: RunSpec['traitors']
  readonly liveness?: boolean
  readonly real?: boolean
}

export function specOf(seed: number, overrides: Overrides = {}): RunSpec {
  const drawn = drawSpec(seed)
  const { without = [], focus, network, ...rest } = overrides
  const rates =
    focus === undefined ? drawn.faults : Object.fromEntries(focus.map((kind) => [kind, FAULT_KINDS[kind].weight * 6]))
  const faults = Object.fromEntries(Object.entries(rates).filter(([kind]) => !without.includes(kind))) as Partial<
    Record<FaultKind, number>
  >
  const { majorities, ...others } = drawn
  const arbiters = majorities === undefined || without.includes(MAJORITIES) ? {} : { majorities }
  // Traitors were drawn for another network: no more than this one tolerates.
  const size =
    network === undefined
      ? {}
      : {
          clusters: network[0],
          nodes: network[1],
          traitors: drawn.traitors.slice(0, faultsTolerated(network[0])),
        }
  return { ...others, ...arbiters, ...size, ...(focus === undefined ? {} : { traitors: [] }), ...rest, faults }
}

/** The command that runs the same again. */
export function replayCommand(seed: number, { without = [], safetyMs, network, liveness }: Overrides): string {
  const parts = [`npm run sim -- --seed ${seed}`]
  if (network !== undefined) parts.push(`--network ${network.join('x')}`)
  if (without.length > 0) parts.push(`--without ${without.join(',')}`)
  if (safetyMs !== undefined) parts.push(`--safety ${safetyMs}`)
  if (liveness === false) parts.push('--no-liveness')
  return parts.join(' ')
}
