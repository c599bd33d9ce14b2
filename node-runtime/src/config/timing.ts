/** Where the three detection times of a node come from: set one by one, a preset, or the cluster's genesis policy. */
import { type Genesis, TIMING_PRESETS } from '@baton/shared/genesis'
import type { PartialConfig } from './partial.ts'

export interface Timing {
  readonly heartbeatMs: number | undefined
  readonly suspectAfterMs: number | undefined
  readonly masterTtlMs: number | undefined
}

export interface TimingOrigin {
  readonly value: Timing
  /** `set`, `genesis`, or `preset "lan"`. */
  readonly from: Readonly<Record<keyof Timing, string>>
}

export function timingOf(config: PartialConfig, genesis: Genesis | null): TimingOrigin {
  const written = config.timing ?? {}
  const policy = genesis?.clusters.find(({ cluster }) => cluster === config.cluster)?.policy
  const base = written.preset === undefined ? policy : TIMING_PRESETS[written.preset]
  const origin = written.preset === undefined ? 'genesis' : `preset "${written.preset}"`
  const from = (key: keyof Timing) => (written[key] === undefined ? origin : 'set')
  return {
    value: {
      heartbeatMs: written.heartbeatMs ?? base?.heartbeatMs,
      suspectAfterMs: written.suspectAfterMs ?? base?.suspectAfterMs,
      masterTtlMs: written.masterTtlMs ?? base?.masterTtlMs,
    },
    from: {
      heartbeatMs: from('heartbeatMs'),
      suspectAfterMs: from('suspectAfterMs'),
      masterTtlMs: from('masterTtlMs'),
    },
  }
}
