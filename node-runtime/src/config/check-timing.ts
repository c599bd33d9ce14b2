import type { Genesis } from '@baton/shared/genesis'
import type { PartialConfig } from './partial.ts'
import type { Problem } from './problems.ts'
import { type Timing, timingOf } from './timing.ts'

/** Heartbeat < suspicion < master's time to live, and what the authority goes by. */
export function checkTiming(config: PartialConfig, genesis: Genesis | null): Problem[] {
  const { value, from } = timingOf(config, genesis)
  const problems: Problem[] = []
  const path = (key: keyof Timing) => ['timing', from[key] === 'set' ? key : 'preset']
  const name = (key: keyof Timing) => `${key} = ${value[key]}${from[key] === 'set' ? '' : ` (${from[key]})`}`
  if (value.heartbeatMs !== undefined && value.suspectAfterMs !== undefined) {
    const least = 3 * value.heartbeatMs
    if (value.suspectAfterMs <= least) {
      problems.push({
        path: path(from.suspectAfterMs === 'set' ? 'suspectAfterMs' : 'heartbeatMs'),
        message: `${name('suspectAfterMs')} must be more than 3 × ${name('heartbeatMs')} (${least})`,
      })
    }
  }
  if (value.masterTtlMs !== undefined && value.suspectAfterMs !== undefined) {
    const least = 2 * value.suspectAfterMs
    if (value.masterTtlMs < least) {
      problems.push({
        path: path(from.masterTtlMs === 'set' ? 'masterTtlMs' : 'suspectAfterMs'),
        message: `${name('masterTtlMs')} must be at least 2 × ${name('suspectAfterMs')} (${least}): the authority must not forget a master before its peers suspect it`,
      })
    }
  }
  const policy = genesis?.clusters.find(({ cluster }) => cluster === config.cluster)?.policy
  if (policy !== undefined && from.masterTtlMs !== 'genesis' && value.masterTtlMs !== undefined) {
    if (value.masterTtlMs !== policy.masterTtlMs) {
      problems.push({
        path: path('masterTtlMs'),
        message: `${name('masterTtlMs')} must equal the genesis policy of cluster ${config.cluster}, masterTtlMs = ${policy.masterTtlMs}: the authority goes by that one`,
      })
    }
  }
  return problems
}
