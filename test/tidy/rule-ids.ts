import type { SourceFile } from './source-files.ts'

/** `RG3`, `NW10`, `API1`: a prefix per area and a number. */
const ID = /\b[A-Z]{2,4}[1-9]\d?\b/g
const OPENING = /^(?:\s*[-*]\s+|\|\s*|#+ )[*`[\]]*((?:[A-Z]{2,4}[1-9]\d?\b[\s,*`\]–-]*(?:to )?)+)/
const PLANNED = /^[^A-Za-z0-9]*planned\b/i

export interface DeclaredRule {
  /** False while every SPEC.md that names it calls it planned. */
  readonly built: boolean
}

/**
 * Rules that the SPEC.md files declare: ids that open a list item, a table row or a heading. One is planned when `(planned)`
 * follows it, or when the heading it stands under says so.
 */
export function rulesOfSpecs(specs: readonly SourceFile[]): Map<string, DeclaredRule> {
  const rules = new Map<string, DeclaredRule>()
  for (const { text } of specs) {
    let plannedSection = false
    for (const line of text.split('\n')) {
      if (/^#+ /.test(line)) plannedSection = /\bplanned\b/i.test(line)
      const opening = OPENING.exec(line)
      if (opening === null) continue
      const built = !plannedSection && !PLANNED.test(line.slice(opening[0].length))
      for (const [id] of opening[1]!.matchAll(ID)) rules.set(id, { built: built || (rules.get(id)?.built ?? false) })
    }
  }
  return rules
}

/** Rule ids in the brackets that open a test's title → the files with such a test. */
export function rulesOfTitles(tests: readonly SourceFile[]): Map<string, string[]> {
  const rules = new Map<string, string[]>()
  for (const { path, text } of tests) {
    for (const match of text.matchAll(/\b(?:test|it|describe)(?:\.each\([\s\S]*?\))?\(\s*['"`]\[([^\]]+)\]/g)) {
      for (const [id] of match[1]!.matchAll(ID)) {
        const paths = rules.get(id) ?? []
        if (!paths.includes(path)) paths.push(path)
        rules.set(id, paths)
      }
    }
  }
  return rules
}
