import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runDemoOnce, writeFewLines } from './demo-process.ts'

/** The checker on a real, finished run that was damaged on purpose. A silent node, which takes another run, is in `long/`. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-e2e-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the checker notices one acknowledged row deleted from one database, and one conflicting vote: verdict false', async () => {
  const input = join(folder, 'few.jsonl')
  writeFewLines(input)
  const cases = ['--case', 'control-lost-row', '--case', 'control-conflicting-vote']
  const { report, status } = await runDemoOnce(...cases, '--input', input)
  expect(report.transactions).toEqual({ submitted: 200, acknowledged: 200, lost: 1, duplicated: 0 })
  expect(report.conflictingVotes).toBe(1)
  expect([report.verdict, status]).toEqual(['false', 1])
})
