import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runDemoOnce, writeFewLines } from '../demo-process.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-e2e-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the checker notices a node that does not answer: verdict unknown, and the exit status is not 0', async () => {
  const input = join(folder, 'few.jsonl')
  writeFewLines(input)
  const { report, status } = await runDemoOnce('--case', 'control-silent-node', '--input', input)
  expect(report.findings.join('\n')).toContain('does not serve its chain')
  expect([report.transactions.lost, report.verdict, status]).toEqual([0, 'unknown', 1])
})
