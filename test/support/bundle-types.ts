/** The declarations of the published library entries: what they reach, with no import that leads out of the package. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/** Nobody who installs the package has these; Node's own type says the same. */
const REPLACED: Readonly<Record<string, string>> = {
  jose: "import type { webcrypto } from 'node:crypto';\ntype CryptoKey = webcrypto.CryptoKey;",
}
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '([^']+)';$/gm

/**
 * @param entries source files relative to the repository
 * @param out folder to write into; the tree of the sources is kept
 */
export function bundleTypes(entries: readonly string[], out: string): void {
  const emitted = mkdtempSync(join(tmpdir(), 'baton-types-'))
  try {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const project = join(ROOT, 'node-runtime/tsconfig.types.json')
    const run = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', emitted], { encoding: 'utf8' })
    if (run.status !== 0) throw new Error(`the declarations could not be made:\n${run.stdout}${run.stderr}`)
    const written = new Set<string>()
    const waiting = entries.map((entry) => entry.replace(/\.ts$/, '.d.ts'))
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (written.has(file)) continue
      written.add(file)
      const text = readFileSync(join(emitted, file), 'utf8').replace(IMPORT, (line, specifier: string) => {
        const replaced = REPLACED[specifier]
        if (replaced !== undefined) return replaced
        const target = targetOf(file, specifier)
        waiting.push(`${target}.d.ts`)
        const path = relative(dirname(file), target)
        return line.replace(specifier, `${path.startsWith('.') ? path : `./${path}`}.js`)
      })
      mkdirSync(dirname(join(out, file)), { recursive: true })
      writeFileSync(join(out, file), text)
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true })
  }
}

/** Path of the module without its ending, relative to the repository. */
function targetOf(file: string, specifier: string): string {
  const shared = /^@baton\/shared\/(.+)$/.exec(specifier)
  if (shared !== null) return `shared/src/${shared[1]}`
  if (specifier.startsWith('.')) return join(dirname(file), specifier).replace(/\.ts$/, '')
  throw new Error(`${file} would need the package ${specifier} for its types`)
}
