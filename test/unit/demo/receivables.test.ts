import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SAMPLE_FILE } from '../../../node-runtime/src/demo/input.ts'
import { makeReceivables } from '../../../node-runtime/src/demo/make-receivables.ts'

const lines = readFileSync(SAMPLE_FILE, 'utf8').trimEnd().split('\n')

test('the shipped sample is what the generator makes', () => {
  expect(lines).toEqual(makeReceivables().map((action) => JSON.stringify(action)))
})

test('there are enough transactions for every fault to strike under load', () => {
  expect(lines.length).toBeGreaterThanOrEqual(6_000)
})

test('the lines of each receivable follow one another version by version, from issue on', () => {
  const versions = new Map<string, number>()
  const states = new Set<string>()
  for (const line of lines) {
    const { key, value, ifVersion } = (JSON.parse(line) as ReturnType<typeof makeReceivables>[number]).put
    expect(ifVersion, key).toBe(versions.get(key) ?? 0)
    versions.set(key, ifVersion + 1)
    states.add((JSON.parse(value) as { status: string }).status)
  }
  expect([...states].sort()).toEqual(['issued', 'settled', 'transferred'])
})

test('the first and second line of a receivable are far apart, so that waiting for one another costs no time', () => {
  const seen = new Map<string, number>()
  let nearest = Number.POSITIVE_INFINITY
  for (const [position, line] of lines.entries()) {
    const { key } = (JSON.parse(line) as ReturnType<typeof makeReceivables>[number]).put
    nearest = Math.min(nearest, position - (seen.get(key) ?? Number.NEGATIVE_INFINITY))
    seen.set(key, position)
  }
  expect(nearest).toBeGreaterThan(32)
})
