import { agreedVersion, disagreement } from '@baton/shared/protocol/versions'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const range = fc.tuple(fc.nat(20), fc.nat(5)).map(([min, more]) => ({ min, max: min + more }))

test('[PV1] two sides agree on the highest version that both speak, in whichever order they are asked', () => {
  fc.assert(
    fc.property(range, range, (a, b) => {
      const common = Array.from({ length: 30 }, (_, version) => version).filter(
        (version) => version >= a.min && version <= a.max && version >= b.min && version <= b.max,
      )
      expect(agreedVersion(a, b)).toBe(common.at(-1) ?? null)
      expect(agreedVersion(b, a)).toBe(agreedVersion(a, b))
    }),
  )
})

test('[PV1] a program that speaks N and N-1 works with the one before and the one after', () => {
  for (let n = 2; n < 9; n++) expect(agreedVersion({ min: n - 1, max: n }, { min: n, max: n + 1 })).toBe(n)
  expect(agreedVersion({ min: 1, max: 2 }, { min: 3, max: 4 })).toBeNull()
})

test('[PV1] a disagreement names both sides and the one to upgrade', () => {
  const node = { who: 'this node', min: 1, max: 2 }
  const authority = { who: 'the authority', min: 3, max: 3 }
  const why =
    'this node speaks version 1 to 2 of the control protocol, the authority speaks version 3: upgrade this node'
  expect(disagreement('control', node, authority)).toBe(why)
  expect(disagreement('control', authority, node)).toMatch(
    /^the authority speaks version 3 of the control protocol, .*: upgrade this node$/,
  )
})
