import { describe, expect, test } from 'vitest'
import { codeOnly, sourceFiles } from './source-files.ts'

const LINES_MAX = 400
const MEDIAN_LINES_MAX = 120
const VAGUE = /(^|[/-])(utils?|helpers?|common|manager|misc)([.-]|\/|$)/

const product = ['shared/src', 'worker/src', 'node-runtime/src'].flatMap((folder) => sourceFiles(folder, /\.ts$/))
const tests = sourceFiles('test', /\.(ts|mjs)$/)

describe('files', () => {
  test(`none is longer than ${LINES_MAX} lines`, () => {
    const long = [...product, ...tests]
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > LINES_MAX)
    expect(long).toEqual([])
  })

  test(`the median source file has at most ${MEDIAN_LINES_MAX} lines`, () => {
    const lines = product.map(({ text }) => text.split('\n').length).sort((a, b) => a - b)
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(MEDIAN_LINES_MAX)
  })

  test('are named for what they hold', () => {
    expect([...product, ...tests].map(({ path }) => path).filter((path) => VAGUE.test(path))).toEqual([])
  })

  test('name no registry host', () => {
    // Put together here, so that this file does not name them either.
    const hosts = [
      ['registry', 'npmjs', 'org'],
      ['registry', 'yarnpkg', 'com'],
      ['pypi', 'org'],
      ['crates', 'io'],
      ['proxy', 'golang', 'org'],
    ].map((parts) => parts.join('.'))
    const found = sourceFiles('.', /\.(ts|mjs|js|json|toml|md|ya?ml|txt)$|(^|\/)\.(npmrc|gitignore)$|^\.ci\//)
      .filter(({ text }) => hosts.some((host) => text.includes(host)))
      .map(({ path }) => path)
    expect(found).toEqual([])
  })
})

describe('tests', () => {
  test('none is skipped, focused or left for later', () => {
    const found = tests
      .filter(({ path }) => path.endsWith('.test.ts'))
      .filter(({ text }) =>
        /\b(test|it|describe|suite)\.(only|skip|skipIf|runIf|todo|fails)\b|\bxit\(|\bxtest\(/.test(codeOnly(text)),
      )
      .map(({ path }) => path)
    expect(found).toEqual([])
  })
})
