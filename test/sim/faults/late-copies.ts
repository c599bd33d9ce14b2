/** What is asked of the registry, and what shows it, comes a second time, when it may have gone on (DESIGN section 11). */
import type { Fault } from './stage.ts'

const FAITHFUL = { loss: 0, duplication: 0, slowness: 1 } as const

export const lateCopyFaults = {
  lateCopies: {
    weight: 0.1,
    strike: (stage, random) => {
      const lateness = random.between(0.2, 1)
      stage.world.setEdgeAdversity({ ...FAITHFUL, lateness })
      stage.during(random.between(1_000, 5_000), () => stage.world.setEdgeAdversity(FAITHFUL))
      return `${(100 * lateness).toFixed(0)} % of claims, reshapes and views come again`
    },
  },
} satisfies Record<string, Fault>
