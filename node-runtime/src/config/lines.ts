/**
 * Where a key stands in a TOML file. The parser reports positions only for syntax errors, so this scans the lines
 * of a file that parsed: table headers and `key =` at the start of a line. A key inside an inline table is found
 * by its parent's line.
 */

/** Path of a value: table names, array positions, key. */
export type KeyPath = readonly (string | number)[]

const HEADER = /^\s*\[\s*([^[\]]+?)\s*\]/
const ARRAY_HEADER = /^\s*\[\[\s*([^[\]]+?)\s*\]\]/
const ASSIGNMENT = /^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=/

/** Returns a function from a key's path to its line, counted from 1; undefined when the file does not mention it. */
export function locateKeys(toml: string): (path: KeyPath) => number | undefined {
  const lines = new Map<string, number>()
  const arrays = new Map<string, number>()
  let table: (string | number)[] = []
  let insideMultiline: string | null = null

  toml.split(/\r?\n/).forEach((text, at) => {
    if (insideMultiline !== null) {
      if (text.includes(insideMultiline)) insideMultiline = null
      return
    }
    const array = ARRAY_HEADER.exec(text)
    const header = array ? null : HEADER.exec(text)
    const assignment = array || header ? null : ASSIGNMENT.exec(text)
    if (array) {
      const names = parts(array[1]!)
      const name = JSON.stringify(names)
      const position = arrays.get(name) ?? 0
      arrays.set(name, position + 1)
      remember(names, at)
      table = [...names, position]
      remember(table, at)
    } else if (header) {
      table = parts(header[1]!)
      remember(table, at)
    } else if (assignment) {
      remember([...table, ...parts(assignment[1]!)], at)
      insideMultiline = opensMultiline(text)
    }
  })

  function remember(path: KeyPath, at: number): void {
    const key = JSON.stringify(path)
    if (!lines.has(key)) lines.set(key, at + 1)
  }

  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return undefined
  }
}

function parts(dotted: string): string[] {
  return dotted.split('.').map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2'))
}

function opensMultiline(text: string): string | null {
  for (const quote of ['"""', "'''"]) {
    if (text.split(quote).length === 2) return quote
  }
  return null
}
