import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MUTANTS } from '../../sim/mutants/list.ts'
import { planted } from '../../sim/mutants/planting.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** One that fits no more is noticed here, and not at the end of an hour of simulation. */
test.each(MUTANTS)('the source still has what $name changes, once', (mutant) => {
  for (const { file, find } of planted(mutant)) {
    const places = readFileSync(join(ROOT, file), 'utf8').split(find).length - 1
    expect(places, `${file}: ${find}`).toBe(1)
  }
})
