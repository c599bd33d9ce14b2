/** Wall clocks that are set. Rates are drawn once per machine. */
import type { Fault } from './stage.ts'

export const clockFaults = {
  stepClock: {
    weight: 0.1,
    strike: (stage, random) => {
      const host = random.pick(stage.hosts)
      const ms = random.pick([-3_600_000, -5_000, 5_000, 3_600_000])
      host.clock.offsetMs += ms
      return `${host.node} by ${ms} ms`
    },
  },
  stepEdgeClock: {
    weight: 0.05,
    strike: (stage, random) => {
      const authority = random.pick([...stage.world.authorities.values()])
      const ms = random.pick([-60_000, 60_000])
      authority.clock.offsetMs += ms
      return `the authority of ${authority.cluster} by ${ms} ms`
    },
  },
} satisfies Record<string, Fault>
