import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { importsOf, sourceFiles } from './source-files.ts'

/** The workspaces from the bottom up: nothing imports upward, and the two on top never import each other. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  shared: ['shared'],
  worker: ['worker', 'shared'],
  'node-runtime': ['node-runtime', 'shared'],
}

const WORKSPACE_OF_PACKAGE: Record<string, string> = {
  '@baton/shared': 'shared',
  '@baton/node': 'node-runtime',
  '@baton/authentication-node': 'worker',
}

test('shared imports neither side, and worker and node-runtime never import each other', () => {
  const found = Object.entries(MAY_IMPORT).flatMap(([workspace, allowed]) =>
    sourceFiles(`${workspace}/src`, /\.ts$/).flatMap(({ path, text }) =>
      importsOf(text)
        .map(({ specifier }) => ({ specifier, target: workspaceOf(path, specifier) }))
        .filter(({ target }) => target !== undefined && !allowed.includes(target))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    ),
  )
  expect(found).toEqual([])
})

test('the product never imports tests', () => {
  const found = ['shared/src', 'worker/src', 'node-runtime/src'].flatMap((folder) =>
    sourceFiles(folder, /\.ts$/)
      .filter(({ text }) => importsOf(text).some(({ specifier }) => /(^|\/)test\//.test(specifier)))
      .map(({ path }) => path),
  )
  expect(found).toEqual([])
})

function workspaceOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier).split('/')[0]
  return Object.entries(WORKSPACE_OF_PACKAGE).find(([name]) => specifier.startsWith(`${name}/`))?.[1]
}
