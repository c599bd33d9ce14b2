import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SAMPLE_FILE } from '../../node-runtime/src/demo/input.ts'
import { type FinishedDemo, runDemoOnce } from './demo-process.ts'

/** The checker on real, finished runs that were damaged on purpose. */
describe('the checker notices', () => {
  let folder: string
  let input: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-e2e-'))
    input = join(folder, 'few.jsonl')
    // The first lines issue receivables: none of them needs another.
    writeFileSync(input, `${readFileSync(SAMPLE_FILE, 'utf8').split('\n').slice(0, 200).join('\n')}\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const damaged = (...cases: string[]): Promise<FinishedDemo> =>
    runDemoOnce(...cases.flatMap((name) => ['--case', name]), '--input', input)

  test('one acknowledged row deleted from one database, and one conflicting vote: verdict false', async () => {
    const { report, status } = await damaged('control-lost-row', 'control-conflicting-vote')
    expect(report.transactions).toEqual({ submitted: 200, acknowledged: 200, lost: 1, duplicated: 0 })
    expect(report.conflictingVotes).toBe(1)
    expect([report.verdict, status]).toEqual(['false', 1])
  })

  test('a node that does not answer: verdict unknown, and the exit status is not 0', async () => {
    const { report, status } = await damaged('control-silent-node')
    expect(report.findings.join('\n')).toContain('does not serve its chain')
    expect([report.transactions.lost, report.verdict, status]).toEqual([0, 'unknown', 1])
  })
})
