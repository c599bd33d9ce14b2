import { expect, test } from 'vitest'
import { rulesOfSpecs, rulesOfTitles } from './rule-ids.ts'
import { sourceFiles } from './source-files.ts'

const specs = sourceFiles('.', /SPEC\.md$/)
const declared = rulesOfSpecs(specs)
const titled = rulesOfTitles(sourceFiles('test', /\.test\.ts$/).filter(({ path }) => !path.startsWith('test/tidy/')))

test('every machine has a SPEC.md', () => {
  expect(specs.map(({ path }) => path.split('/').at(-2)).sort()).toEqual(
    expect.arrayContaining(['arbiter', 'consensus', 'election', 'guard', 'ledger', 'registry']),
  )
})

test('every rule that a SPEC.md lists as built has a test that names it', () => {
  const untested = [...declared].filter(([id, { built }]) => built && !titled.has(id)).map(([id]) => id)
  expect(untested).toEqual([])
})

test('every rule that a test names stands in a SPEC.md', () => {
  const unknown = [...titled].filter(([id]) => !declared.has(id)).map(([id, paths]) => `${id} in ${paths.join(', ')}`)
  expect(unknown).toEqual([])
})

test('every rule that ARCHITECTURE.md does not call planned is declared in a SPEC.md', () => {
  const [architecture] = sourceFiles('.', /^ARCHITECTURE\.md$/)
  const rules = rulesOfSpecs([architecture!])
  expect(rules.size).toBeGreaterThan(40)
  expect([...rules].filter(([id, { built }]) => built && !declared.has(id)).map(([id]) => id)).toEqual([])
})

test('the reading of SPEC.md and of titles sees what it looks for', () => {
  const text =
    '- RG1 A change\n- **RG6** *(planned)* When\n| GU2, GU7 | held |\n## Planned\n- NW5 counters\ntext with RC1'
  expect([...rulesOfSpecs([{ path: 'SPEC.md', text }])]).toEqual([
    ['RG1', { built: true }],
    ['RG6', { built: false }],
    ['GU2', { built: true }],
    ['GU7', { built: true }],
    ['NW5', { built: false }],
  ])
  const titles = "test('[EL1, EL2] suspects', () => {})\ntest.each([\n  [1],\n])('[EL3] asks %s', () => {})"
  expect([...rulesOfTitles([{ path: 'a.test.ts', text: titles }]).keys()]).toEqual(['EL1', 'EL2', 'EL3'])
})
