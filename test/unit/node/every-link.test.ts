import { expect, test } from 'vitest'
import { tryAll } from '../../sim/links/try-all.ts'

/** A sample here, odd so that every link is down in half of it; `npm run sim -- --links` tries them all. */
const EVERY = 101

test('[RG3 RG4 EL3] whatever directed links of a cluster are down, a master results wherever a node of the sync set reaches the edge', () => {
  const { master, wrong } = tryAll(EVERY)
  expect(wrong).toEqual([])
  expect(master).toBeGreaterThan(10)
}, 120_000)
