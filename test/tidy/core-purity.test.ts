import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOnly, importsOf, sourceFiles } from './source-files.ts'

/** What would let time, chance, the outside world or concurrency into a machine. */
const FORBIDDEN =
  /\b(Date|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|process|console|performance|Promise|async|await|crypto|globalThis|Buffer|WebSocket|require)\b|\bMath\.random\b|\bimport\(/g
const MAY_IMPORT =
  /^shared\/src\/(core\/.+|codec\/.+|ids\.ts|limits\.ts|errors\.ts|assert\.ts|result\.ts|genesis\.ts|ports\/node-store\.ts)$/
/** Shapes only: the code of these folders does IO or cryptography. */
const MAY_IMPORT_TYPES = /^shared\/src\/(crypto|protocol)\/.+$/

const files = sourceFiles('shared/src/core', /\.ts$/)

describe('shared/src/core is pure', () => {
  test('there is a core to look at', () => {
    expect(files.length).toBeGreaterThan(5)
  })

  test('no clock, timer, chance, IO or asynchronous code', () => {
    const found = files.flatMap(({ path, text }) =>
      [...codeOnly(text).matchAll(FORBIDDEN)]
        // A property or a key of that name is not the global.
        .filter((match) => !isMember(codeOnly(text), match.index, match[0].length))
        .map((match) => `${path}: ${match[0]}`),
    )
    expect(found).toEqual([])
  })

  test('imports nothing but the core, ids, limits, errors, assertions, codecs and shapes', () => {
    const found = files.flatMap(({ path, text }) =>
      importsOf(text)
        .filter(({ specifier, typeOnly }) => {
          if (!specifier.startsWith('.')) return true
          const target = posix.join(posix.dirname(path), specifier)
          return !(MAY_IMPORT.test(target) || (typeOnly && MAY_IMPORT_TYPES.test(target)))
        })
        .map(({ specifier }) => `${path} imports ${specifier}`),
    )
    expect(found).toEqual([])
  })

  test('the scan itself sees what it looks for', () => {
    expect([...codeOnly("const a = Date.now() // Date\nconst b = 'fetch'").matchAll(FORBIDDEN)]).toHaveLength(1)
    expect(importsOf("import type {\n  A,\n} from './a.ts'\nimport './b.ts'\nexport * from './c.ts'")).toEqual([
      { specifier: './a.ts', typeOnly: true },
      { specifier: './c.ts', typeOnly: false },
      { specifier: './b.ts', typeOnly: false },
    ])
  })
})

function isMember(code: string, index: number, length: number): boolean {
  return /[.?]\s*$/.test(code.slice(0, index)) || /^\??:/.test(code.slice(index + length))
}
