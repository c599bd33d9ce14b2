/** The simulator and the core in one file: starts at once in every process, and is where a defect is planted. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** A defect: `find` stands exactly once in `file`, and is replaced. */
export interface Patch {
  readonly file: string
  readonly find: string
  readonly replace: string
}

const ROOT = join(import.meta.dirname, '../../..')

export interface Bundle {
  readonly path: string
  readonly remove: () => void
}

/** Throws when a patch does not match exactly once: a defect that is not there would never be caught. */
export async function bundle(patches: readonly Patch[] = []): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-sim-'))
  const path = join(folder, 'worker.mjs')
  const applied = new Set<Patch>()
  await build({
    entryPoints: [join(import.meta.dirname, 'worker.ts')],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'inline',
    logLevel: 'error',
    plugins: patches.length === 0 ? [] : [planting(patches, applied)],
  })
  const missing = patches.filter((patch) => !applied.has(patch))
  if (missing.length > 0) throw new Error(`not part of the simulator: ${missing.map(({ file }) => file).join(', ')}`)
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function planting(patches: readonly Patch[], applied: Set<Patch>): Plugin {
  return {
    name: 'plant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const mine = patches.filter(({ file }) => file === relative(ROOT, path))
        if (mine.length === 0) return undefined
        let contents = readFileSync(path, 'utf8')
        for (const patch of mine) {
          const times = contents.split(patch.find).length - 1
          if (times !== 1) throw new Error(`${patch.file} has ${times} of: ${patch.find}`)
          contents = contents.replace(patch.find, () => patch.replace)
          applied.add(patch)
        }
        return { contents, loader: 'ts' }
      })
    },
  }
}
