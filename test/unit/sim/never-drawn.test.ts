import { expect, test } from 'vitest'
import { NEVER_DRAWN } from '../../sim/faults/kinds.ts'
import { specOf } from '../../sim/run/overrides.ts'

const seeds = Array.from({ length: 200 }, (_, n) => n + 1)

test('[ID4] no seed draws a fault after which only an operator helps, and a mutant that names it has it', () => {
  expect(NEVER_DRAWN.size).toBeGreaterThan(0)
  for (const kind of NEVER_DRAWN) {
    expect(seeds.filter((seed) => kind in specOf(seed).faults)).toEqual([])
    expect(specOf(1, { focus: [kind] }).faults).toHaveProperty(kind)
  }
})
