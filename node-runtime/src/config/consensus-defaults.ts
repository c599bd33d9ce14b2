import type { Ms } from '@baton/shared/ids'
import type { ConsensusConfig } from './types.ts'

/** Multiples of the heartbeat, which stands for the distance between sites: in `lan` (50 ms) propose waits 300 ms. */
const HEARTBEATS = {
  proposeMs: 6,
  proposeStepMs: 2,
  prevoteMs: 2,
  prevoteStepMs: 1,
  precommitMs: 2,
  precommitStepMs: 1,
} as const satisfies Record<keyof ConsensusConfig, number>

/** Tendermint's timeouts where the file sets none. */
export function consensusDefaults(
  heartbeatMs: number,
  set: { readonly [Key in keyof ConsensusConfig]?: number | undefined },
): ConsensusConfig {
  const names = Object.keys(HEARTBEATS) as (keyof ConsensusConfig)[]
  const entries = names.map((name) => [name, (set[name] ?? HEARTBEATS[name] * heartbeatMs) as Ms])
  return Object.fromEntries(entries) as unknown as ConsensusConfig
}
