/** One thing that happens to the network in the demo. Each case is a module of its own; `index.ts` lists them. */
import type { NetworkFiles } from '../../network/init.ts'
import type { Tell } from '../faults.ts'
import type { Fault } from '../figures.ts'
import type { Load } from '../load.ts'
import type { DemoNetwork } from '../network.ts'

export interface CaseContext {
  readonly network: DemoNetwork
  readonly load: Load
  /** A line for whoever watches. */
  readonly tell: Tell
}

export interface DemoCase {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  /** `default`: runs unless cases are named. `control`: spoils the run on purpose, to show that the checker notices. */
  readonly kind: 'default' | 'named' | 'control'
  /** `load`: while transactions are in flight. `end`: when all are acknowledged and all nodes agree, before the check. */
  readonly when: 'load' | 'end'
  /** Clusters whose members must be their own arbiter for it (MJ1). */
  readonly majorities?: readonly string[]
  /** Of the input, beside those of the other cases; default 1. A case that takes longer needs more, or it ends without load. */
  readonly shares?: number
  /** Changes the files of a network that has not started. */
  prepare?(files: NetworkFiles): void
  /** Returns once the network is whole again, or is to stay as it is. Null when there is no outage to measure. */
  run(context: CaseContext): Promise<Fault | null>
}
