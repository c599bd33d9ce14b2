/**
 * Builds the published package: `node-runtime/dist` with one file for the command, one for each library entry and its types, one for
 * the authentication node, the sample input and the licences of what is inside. Run by `npm pack -w node-runtime` (prepack).
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { bundleTypes } from './bundle-types.ts'

export const ROOT = join(import.meta.dirname, '../..')
const PACKAGE = join(ROOT, 'node-runtime')

export const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  target: 'node24',
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
}

/** Packages inside are CommonJS in part and call `require` for Node's own modules; an ES module has none. */
export const REQUIRE = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)
`

/** Library entries of the package (`exports` in its manifest): source → file in `dist`. */
const LIBRARIES = {
  'node-runtime/src/client/index.ts': 'client.js',
  'node-runtime/src/application/module.ts': 'application.js',
} as const

/** @returns the folder with the result */
export async function bundlePackage(dist: string = join(PACKAGE, 'dist')): Promise<string> {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })
  const command = await build({
    ...COMMON,
    platform: 'node',
    entryPoints: ['node-runtime/src/cli/main.ts'],
    outfile: join(dist, 'main.js'),
    // Only `baton demo` uses them; too large and too native to carry along.
    external: ['miniflare', 'esbuild'],
    banner: { js: REQUIRE },
  })
  await build({
    ...COMMON,
    platform: 'node',
    entryPoints: ['node-runtime/src/cli/launch.ts'],
    outfile: join(dist, 'baton.js'),
    external: ['./main.js'],
  })
  const libraries = await Promise.all(
    Object.entries(LIBRARIES).map(([entry, file]) =>
      build({ ...COMMON, platform: 'node', entryPoints: [entry], outfile: join(dist, file), banner: { js: REQUIRE } }),
    ),
  )
  bundleTypes(Object.keys(LIBRARIES), join(dist, 'types'))
  const worker = await build({
    ...COMMON,
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    entryPoints: ['worker/src/index.ts'],
    outfile: join(dist, 'authentication-node.js'),
  })
  for (const file of ['receivables.jsonl', 'faulty-application.mjs']) {
    copyFileSync(join(PACKAGE, 'src/demo', file), join(dist, file))
  }
  writeFileSync(
    join(dist, 'THIRD-PARTY-LICENSES.txt'),
    licences([command, worker, ...libraries].map(({ metafile }) => metafile!)),
  )
  return dist
}

/** The licence text of every package that has code in the bundles. */
function licences(metafiles: readonly Metafile[]): string {
  const folders = new Set<string>()
  for (const { inputs } of metafiles) {
    for (const input of Object.keys(inputs)) {
      const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(relative(ROOT, join(ROOT, input)))
      if (match !== null) folders.add(match[1]!)
    }
  }
  return [...folders].sort().map(licenceOf).join('\n')
}

function licenceOf(folder: string): string {
  const path = join(ROOT, folder)
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<
    string,
    string
  >
  const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : `\n${readFileSync(join(path, file), 'utf8').trim()}\n`
  return `==== ${name} ${version} (${license}) ====\n${text}`
}

/** npm takes these from the package's own folder only: they lie there while it packs. */
const COPIED = ['README.md', 'LICENSE']

if (import.meta.main) {
  if (process.argv[2] === '--clean') for (const file of COPIED) rmSync(join(PACKAGE, file), { force: true })
  else {
    await bundlePackage()
    for (const file of COPIED) copyFileSync(join(ROOT, file), join(PACKAGE, file))
  }
}
