/** A network as `baton network init` makes it, for the tests of one file, which may change what they like of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { runBaton } from './run-baton.ts'

/** Processes are started: half a second each on a busy machine. */
export const TIMEOUT_MS = 30_000

/** @returns the path of a file in it; nobody listens at its authentication node */
export function madeNetwork(): (...path: string[]) => string {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'baton-network-'))
    const init = [
      'network',
      'init',
      '--network',
      'trade',
      '--out',
      join(folder, 'net'),
      '--authority-url',
      'http://a:1',
    ]
    expect(await runBaton(init)).toMatchObject({ status: 0 })
  }, TIMEOUT_MS)
  afterAll(() => rmSync(folder, { recursive: true }))
  return (...path) => join(folder, 'net', ...path)
}
