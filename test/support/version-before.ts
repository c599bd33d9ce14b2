/**
 * A program that speaks the versions of the protocols before the newest ones, and says another version of itself; nothing else of it
 * differs. What a node of a rolling upgrade runs before its turn.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { bundleWorker } from '../../node-runtime/src/demo/local-authority.ts'
import { COMMON, REQUIRE, ROOT } from './bundle.ts'

/** What it calls itself. */
export const PROGRAM_BEFORE = '0.0.0-before'

const RANGE = /(_PROTOCOL = \{ min: \d+, max: )(\d+)( \} as const)/

const oneVersionLess: Plugin = {
  name: 'one-version-less',
  setup({ onLoad }) {
    onLoad({ filter: /shared\/src\/protocol\/(control|peer)\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!RANGE.test(text)) throw new Error(`${path} has no range of versions`)
      const contents = text.replace(
        RANGE,
        (_, before: string, max: string, after: string) => `${before}${Number(max) - 1}${after}`,
      )
      return { contents, loader: 'ts' }
    })
    onLoad({ filter: /node-runtime\/src\/cli\/version\.ts$/ }, () => {
      return { contents: `export const VERSION: string = '${PROGRAM_BEFORE}'`, loader: 'ts' }
    })
  },
}

/** @returns the path of the Worker that speaks the versions before */
export async function bundleWorkerBefore(folder: string): Promise<string> {
  const outfile = join(folder, 'worker-before.js')
  await bundleWorker(outfile, [oneVersionLess])
  return outfile
}

/** @returns the path of the command */
export async function bundleVersionBefore(folder: string): Promise<string> {
  const outfile = join(folder, 'before.js')
  await build({
    ...COMMON,
    absWorkingDir: ROOT,
    platform: 'node',
    entryPoints: ['node-runtime/src/cli/main.ts'],
    outfile,
    external: ['miniflare', 'esbuild'],
    banner: { js: REQUIRE },
    plugins: [oneVersionLess],
  })
  return outfile
}
