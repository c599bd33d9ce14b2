/** One thing that goes wrong in the demo. Each case is a module of its own; `index.ts` lists them. */
import type { Fault } from '../figures.ts'
import type { Load } from '../load.ts'
import type { DemoNetwork } from '../network.ts'

export interface CaseContext {
  readonly network: DemoNetwork
  readonly load: Load
  /** A line for whoever watches. */
  readonly tell: (line: string) => void
}

export interface DemoCase {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  /** True for cases that spoil the run on purpose, to show that the checker notices; never run unless named. */
  readonly control: boolean
  /** Strikes, heals, and returns once the network is whole again. Null when there was no fault to measure. */
  run(context: CaseContext): Promise<Fault | null>
}
