import fc from 'fast-check'
import { test } from 'vitest'
import { times } from '../../support/long.ts'
import { action, FIVE, History, THREE } from './history.ts'

test.each([
  ['three', THREE],
  ['five', FIVE],
])(
  '[MJ1] under loss, repetition, reordering, restarts and lost disks %s members decide one value per version',
  (_, names) => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 160, size: 'max' }), (actions) => {
        const history = new History(names)
        history.run(actions)
        history.settle()
      }),
      { numRuns: times(1_000, 60) },
    )
  },
)
