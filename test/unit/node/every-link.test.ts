import { expect, test } from 'vitest'
import { COMBINATIONS, tryLinks } from '../../sim/links/every-link.ts'

/** A sample here; `npm run sim -- --links` tries them all. */
const EVERY = 13

test('[RG3 RG4 EL3] whatever directed links of a cluster are down, a master results wherever a node of the sync set reaches the edge', () => {
  const found: string[] = []
  for (let combination = 1; combination < COMBINATIONS; combination += EVERY) {
    const wrong = tryLinks(combination)
    if (wrong !== null) found.push(wrong)
  }
  expect(found).toEqual([])
}, 120_000)
