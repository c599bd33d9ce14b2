import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../../node-runtime/package.json' with { type: 'json' }
import { runBaton } from './run-baton.ts'

/** Processes are started: half a second each on a busy machine. */
const TIMEOUT_MS = 30_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the command line', { timeout: TIMEOUT_MS }, () => {
  it('[CLI2] prints its version', async () => {
    expect(await runBaton(['--version'])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it.each([
    ['an unknown option', ['status', '--jsn'], "error: unknown option '--jsn'\n(Did you mean --json?)"],
    ['a missing option', ['run'], "error: required option '--config <file>' not specified"],
    ['a missing argument', ['submit'], "error: missing required argument 'file'"],
    [
      'an option that is no number',
      ['submit', '-', '--concurrency', 'many'],
      "error: option '--concurrency <count>' argument 'many' is invalid. It must be a whole number from 1.",
    ],
  ])('[CLI2] refuses %s with the status of a wrong command line', async (_, args, message) => {
    const { status, stdout, stderr } = await runBaton(args)
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr.trimEnd()).toBe(`${message}\n(see \`baton --help\`)`)
  })

  it('[CLI2] explains a configuration that is not there', async () => {
    expect(await runBaton(['run', '--config', 'nothing.toml'], { cwd: folder })).toEqual({
      status: 78,
      stdout: '',
      stderr: `error CONFIG_UNREADABLE: the configuration ${folder}/nothing.toml cannot be read: no such file
  why: a file that was named cannot be read
  do:  name the file with --config, or write one with \`baton network init\`
`,
    })
  })

  it('[CLI2] lists all problems of a configuration, also as one JSON line', async () => {
    writeFileSync(join(folder, 'bad.toml'), 'nod = "a"\n[timing]\nheartbeatMs = 50\nsuspectAfterMs = 120\n')
    const human = await runBaton(['config', 'check', 'bad.toml'], { cwd: folder })
    expect(human.status).toBe(78)
    expect(human.stderr).toContain('line 1: unknown key nod: did you mean node?')
    expect(human.stderr).toContain('line 4: suspectAfterMs = 120 must be more than 3 × heartbeatMs = 50 (150)')
    expect(human.stderr).toContain(`do:  mend the file, then run: baton config check ${folder}/bad.toml`)
    const json = await runBaton(['config', 'check', 'bad.toml', '--json'], { cwd: folder })
    const { error, details } = JSON.parse(json.stderr) as { error: string; details: { problems: { line: number }[] } }
    expect(error).toBe('CONFIG_INVALID')
    expect(details.problems).toContainEqual({
      line: 4,
      key: 'timing.suspectAfterMs',
      message: 'suspectAfterMs = 120 must be more than 3 × heartbeatMs = 50 (150)',
    })
  })

  it('[CLI2] explains a node that does not answer, after the table', async () => {
    expect(await runBaton(['status', '--url', '127.0.0.1:1'])).toEqual({
      status: 69,
      stdout: `CLUSTER  NODE         SITE  ROLE    EPOCH  HEIGHT  SYNC SET  HEALTH
-        127.0.0.1:1  -     silent  -      -       -         no answer
`,
      stderr: `error UNREACHABLE: no answer from http://127.0.0.1:1: the connection was refused
  why: nobody answered in time
  do:  check that the process runs, the address, and the firewall between here and there
`,
    })
  })

  it('[CLI3] makes a key that only its owner can read, and never overwrites one', async () => {
    const made = await runBaton(['key', 'create', '--out', 'me.key.json', '--json'], { cwd: folder })
    const { file, publicKey } = JSON.parse(made.stdout) as { file: string; publicKey: string }
    expect(file).toBe(join(folder, 'me.key.json'))
    expect(publicKey).toMatch(/^[\w-]{43}$/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const before = readFileSync(file, 'utf8')
    const again = await runBaton(['key', 'create', '--out', 'me.key.json'], { cwd: folder })
    expect(again.status).toBe(78)
    expect(again.stderr).toContain('exists: nothing was written')
    expect(readFileSync(file, 'utf8')).toBe(before)
  })
})
