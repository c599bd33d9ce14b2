import { expect, test } from 'vitest'
import { rulesOfSpecs, rulesOfTitles } from './rule-ids.ts'
import { sourceFiles } from './source-files.ts'

const specs = sourceFiles('.', /SPEC\.md$/)
const declared = rulesOfSpecs(specs)
const titled = rulesOfTitles(sourceFiles('test', /\.test\.ts$/))

test('every machine has a SPEC.md', () => {
  expect(specs.map(({ path }) => path.split('/').at(-2)).sort()).toEqual(
    expect.arrayContaining(['consensus', 'election', 'guard', 'ledger', 'registry']),
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

test('every rule of ARCHITECTURE.md is declared in a SPEC.md, built or planned', () => {
  const [architecture] = sourceFiles('.', /^ARCHITECTURE\.md$/)
  const rules = [...(architecture?.text ?? '').matchAll(/^[-|]\s*\**((?:RG|EL|GU|NW|RC|ID|MJ)\d+)\b/gm)].map(
    (m) => m[1]!,
  )
  expect(rules.length).toBeGreaterThan(40)
  expect(rules.filter((id) => !declared.has(id))).toEqual([])
})
