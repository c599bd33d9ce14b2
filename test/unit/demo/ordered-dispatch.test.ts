import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OrderedDispatch } from '../../../node-runtime/src/demo/ordered-dispatch.ts'

test('work of one key runs in order and never at once; the bound holds; everything runs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), turns: fc.nat(3) }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (works, inFlightMax) => {
        const dispatch = new OrderedDispatch(inFlightMax)
        const order = new Map<string, number[]>()
        const running = new Set<string>()
        for (const [number, { key, turns }] of works.entries()) {
          await dispatch.add(key, async () => {
            expect(running.has(key)).toBe(false)
            expect(dispatch.inFlight).toBeLessThanOrEqual(inFlightMax)
            running.add(key)
            for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
            running.delete(key)
            order.set(key, [...(order.get(key) ?? []), number])
          })
        }
        await dispatch.drained()
        expect([...order.values()].flat().length).toBe(works.length)
        for (const numbers of order.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      },
    ),
    { numRuns: 50 },
  )
})
