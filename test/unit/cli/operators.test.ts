import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyNotice } from '@baton/shared/crypto/notices'
import { verifyOperatorToken } from '@baton/shared/crypto/operator-token'
import { parseGenesis } from '@baton/shared/genesis-schema'
import type { ClusterId, UnixMs } from '@baton/shared/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDuration, parseTime } from '../../../node-runtime/src/cli/duration.ts'
import { addressesFrom } from '../../../node-runtime/src/network/addresses.ts'
import { createNetwork } from '../../../node-runtime/src/network/init.ts'
import { planLayout } from '../../../node-runtime/src/network/layouts.ts'
import { runBaton } from './run-baton.ts'

const TIMEOUT_MS = 60_000

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-operators-'))
  const clusters = planLayout({ layout: 'two-company', nodesPerCluster: 2 })
  await createNetwork({
    network: 'trade',
    out: join(folder, 'net'),
    clusters,
    addressOf: addressesFrom('127.0.0.1', 7_100, clusters),
    authorityUrl: 'http://127.0.0.1:1',
  })
})
afterAll(() => rmSync(folder, { recursive: true }))

const create = (out: string, ...more: string[]) =>
  runBaton(
    [
      'operator',
      'create',
      '--cluster',
      'c1',
      '--role',
      'operator',
      '--name',
      'Ann',
      '--expires',
      '30d',
      '--owner-key',
      'owners/c1.key.pem',
      '--out',
      out,
      ...more,
    ],
    { cwd: join(folder, 'net') },
  )

describe('baton operator create', { timeout: TIMEOUT_MS }, () => {
  it('[ID7, CLI3] makes a token offline that the owner’s signature proves, readable by its owner only', async () => {
    const made = await create('ann.token', '--json')
    expect(made).toMatchObject({ status: 0, stderr: '' })
    const { file, role, name, expiresAt } = JSON.parse(made.stdout) as {
      file: string
      role: string
      name: string
      expiresAt: number
    }
    expect({ file, role, name }).toEqual({ file: join(folder, 'net/ann.token'), role: 'operator', name: 'Ann' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const genesis = parseGenesis(readFileSync(join(folder, 'net/genesis.json'), 'utf8'))
    if (!genesis.ok) throw new Error(genesis.why)
    const token = readFileSync(file, 'utf8').trim()
    const now = Date.now() as UnixMs
    const verified = await verifyOperatorToken(genesis.value, 'c1' as ClusterId, token, now)
    expect(verified).toMatchObject({
      ok: true,
      value: { name: 'Ann', role: 'operator', network: 'trade', expiresAt } as never,
    })
    expect((await create('ann.token')).stderr).toContain('exists: nothing was written')
  })

  it.each([
    ['a key of another cluster', ['--owner-key', 'owners/c2.key.pem'], 78, 'IDENTITY_INVALID'],
    ['a role that does not exist', ['--role', 'god'], 65, 'viewer, operator, owner'],
    ['a name with a line break', ['--name', 'Ann\nowner'], 65, '--name'],
    ['a cluster that genesis does not name', ['--cluster', 'c9'], 65, 'genesis has no cluster c9'],
    ['an expiry that has passed', ['--expires', '2020-01-01T00:00:00Z'], 65, 'has passed'],
  ])('[ID7, CLI1] refuses %s', async (_, options, status, text) => {
    const refused = await create('other.token', ...options)
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status, stdout: '' })
    expect(refused.stderr).toContain(text)
  })
})

describe('baton operator revoke', { timeout: TIMEOUT_MS }, () => {
  const revoke = (id: string, ...more: string[]) => {
    const options = ['--cluster', 'c1', '--reason', 'she has left', '--owner-key', 'owners/c1.key.pem', ...more]
    return runBaton(['operator', 'revoke', id, ...options], { cwd: join(folder, 'net') })
  }

  it('[ID7, ID8, CLI3] takes back a token by its id: signed offline, to be sent by anybody', async () => {
    const made = await revoke('token-1', '--out', 'revocation.jws', '--json')
    expect(made).toMatchObject({ status: 0, stderr: '' })
    const genesis = parseGenesis(readFileSync(join(folder, 'net/genesis.json'), 'utf8'))
    if (!genesis.ok) throw new Error(genesis.why)
    const notice = await verifyNotice(genesis.value, readFileSync(join(folder, 'net/revocation.jws'), 'utf8'))
    const payload = { cluster: 'c1', reason: 'she has left', subject: { kind: 'operator', operator: 'token-1' } }
    expect(notice).toMatchObject({ ok: true, value: { kind: 'revocation', payload } })
    expect(JSON.parse(made.stdout)).toMatchObject({ ...payload, sent: false, file: join(folder, 'net/revocation.jws') })
  })

  it.each([
    ['nowhere to send it to', 'token-1', [], 65, '--authority-url'],
    ['what is no id', '', ['--out', 'other.jws'], 65, 'no id of a token'],
    [
      'a key of another cluster',
      'token-1',
      ['--out', 'x.jws', '--owner-key', 'owners/c2.key.pem'],
      78,
      'genesis lists',
    ],
  ])('[ID1, ID8, CLI1] refuses %s', async (_, id, options, status, text) => {
    const refused = await revoke(id, ...options)
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status, stdout: '' })
    expect(refused.stderr).toContain(text)
  })
})

describe('the commands of operators', { timeout: TIMEOUT_MS }, () => {
  it('[ID7, CLI1] say what they need: a token and an address', async () => {
    const env = { BATON_AUTHORITY_URL: 'http://127.0.0.1:1', BATON_OPERATOR_TOKEN_FILE: '' }
    const without = await runBaton(['explain', 'c1'], { env })
    expect(without.status).toBe(65)
    expect(without.stderr).toContain('do:  give --token FILE, or set BATON_OPERATOR_TOKEN_FILE')
    await create('bob.token')
    const token = join(folder, 'net/bob.token')
    const nowhere = await runBaton(['explain', 'c1', '--token', token], { env: { BATON_AUTHORITY_URL: '' } })
    expect(nowhere.stderr).toContain('do:  give --authority-url https://…, or set BATON_AUTHORITY_URL')
    const silent = await runBaton(['events', 'c1', '--token', token, '--json'], { env })
    expect(silent.status).toBe(69)
    expect(JSON.parse(silent.stderr)).toMatchObject({ error: 'UNREACHABLE' })
  })
})

describe('spans and times', () => {
  it('are read as people write them', () => {
    expect(['90s', '15m', '2h', '30d', '5y'].map((text) => parseDuration('--for', text))).toEqual([
      90_000, 900_000, 7_200_000, 2_592_000_000, 157_680_000_000,
    ])
    expect(parseTime('--at', '2h', 1_000)).toBe(7_201_000)
    expect(parseTime('--at', '2026-01-01T00:00:00Z', 0)).toBe(1_767_225_600_000)
  })

  it.each(['', '2', 'h', '0h', '-1h', '1.5h', '2 h', 'tomorrow', '2026'])('are refused otherwise: "%s"', (text) => {
    expect(() => parseTime('--at', text, 0)).toThrow(/--at/)
    expect(() => parseDuration('--for', text)).toThrow(/--for/)
  })
})
