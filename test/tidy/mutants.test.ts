import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MUTANTS } from '../sim/mutants/list.ts'
import { planted } from '../sim/mutants/planting.ts'

const ROOT = join(import.meta.dirname, '../..')

test('every planted defect of the simulator fits into its source exactly once', () => {
  const wrong = MUTANTS.flatMap((mutant) =>
    planted(mutant)
      .map(({ file, find }) => ({ file, find, times: readFileSync(join(ROOT, file), 'utf8').split(find).length - 1 }))
      .filter(({ times }) => times !== 1)
      .map(({ file, find, times }) => `${mutant.name}: ${file} has ${times} of: ${find}`),
  )
  expect(wrong).toEqual([])
})

test('there are at least 25 of them, each with a name of its own', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(25)
})
