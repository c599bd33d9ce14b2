/** The files of the repository as the tidy tests see them: everything but what is generated or installed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')
const GENERATED = new Set(['node_modules', 'dist', '.git', '.wrangler', 'coverage', 'bench-results', 'data'])

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** Every file below `folder` whose path matches, with its text. */
export function sourceFiles(folder: string, matches: RegExp): SourceFile[] {
  return [...walk(join(ROOT, folder))]
    .map((file) => relative(ROOT, file).split(sep).join('/'))
    .filter((path) => matches.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (GENERATED.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(path)
    else if (entry.isFile()) yield path
  }
}

/** Module specifiers of static imports and re-exports and of `import()`; `typeOnly` when the whole statement is. */
export function importsOf(text: string): { specifier: string; typeOnly: boolean }[] {
  const statements = text.matchAll(/^\s*(?:import|export)\s(type\s)?[^'"`;]*?from\s*'([^']+)'/gm)
  const bare = text.matchAll(/^\s*import\s*'([^']+)'/gm)
  const dynamic = text.matchAll(/\bimport\(\s*'([^']+)'/g)
  return [
    ...[...statements].map((match) => ({ specifier: match[2]!, typeOnly: match[1] !== undefined })),
    ...[...bare, ...dynamic].map((match) => ({ specifier: match[1]!, typeOnly: false })),
  ]
}

/** The text without comments and string contents, so that a word in a sentence is not taken for code. */
export function codeOnly(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|\$\{([^{}]*)\}|[^`\\])*`/g,
    (token, inside?: string) => (token.startsWith('`') ? `\`${inside ?? ''}\`` : token.startsWith('/') ? '' : "''"),
  )
}
