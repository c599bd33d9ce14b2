/** What a process is asked to run, and what it answers. */
import type { RunResult } from '../run/run.ts'
import type { RunSpec } from '../run/spec.ts'

export interface Task {
  readonly spec: RunSpec
  /** Run a second time: the events must be the same. */
  readonly twice: boolean
  readonly failsQuietly: boolean
}

export type Answer =
  | {
      readonly ok: true
      readonly result: RunResult
      readonly cpuMs: number
      readonly differs: boolean
      readonly assertion: string | null
    }
  /** The simulator itself failed: never a finding about the core. */
  | { readonly ok: false; readonly seed: number; readonly why: string; readonly cpuMs: number }
