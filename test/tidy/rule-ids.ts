import type { SourceFile } from './source-files.ts'

const ID = /\b(?:RG|EL|GU|NW|RC|ID|MJ)[1-9]\d?\b/g

export interface DeclaredRule {
  /** False while every SPEC.md that names it calls it planned. */
  readonly built: boolean
}

/**
 * Rules that the SPEC.md files declare: ids that open a list item, a table row or a heading, several with commas. One is planned when
 * its line, or the heading it stands under, says `planned`.
 */
export function rulesOfSpecs(specs: readonly SourceFile[]): Map<string, DeclaredRule> {
  const rules = new Map<string, DeclaredRule>()
  for (const { text } of specs) {
    let plannedSection = false
    for (const line of text.split('\n')) {
      if (/^#+ /.test(line)) plannedSection = /\bplanned\b/i.test(line)
      const opening =
        /^(?:\s*[-*]\s+|\|\s*|#+ )([\s*`[\]]*(?:RG|EL|GU|NW|RC|ID|MJ)\d+[^|.:A-Za-z]*(?:[A-Z]{2}\d+[^|.:A-Za-z]*)*)/.exec(
          line,
        )
      if (opening === null) continue
      const built = !plannedSection && !/\bplanned\b/i.test(line)
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
