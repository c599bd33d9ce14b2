import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RECORDS_AND_TRANSFERS } from '@baton/shared/core/ledger/records-and-transfers'
import { TIMING_PRESETS } from '@baton/shared/genesis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../../node-runtime/src/config/load.ts'
import { KNOWN_KEYS } from '../../../node-runtime/src/config/schema.ts'
import { systemdUnit } from '../../../node-runtime/src/network/systemd-unit.ts'
import { folder, GENESIS } from './fixture.ts'

const SAMPLES = join(import.meta.dirname, '../../../node-runtime/samples')
const reference = readFileSync(join(SAMPLES, 'reference.toml'), 'utf8')
/** The same text with every default written out. */
const written = reference.replace(/^# (?=[a-zA-Z]+ = )/gm, '')

let path: string
beforeAll(() => {
  path = folder()
  writeFileSync(join(path, 'webhook.secret'), 'a secret of the receiver', { mode: 0o600 })
  writeFileSync(join(path, 'genesis.json'), JSON.stringify({ ...GENESIS, application: RECORDS_AND_TRANSFERS }))
})
afterAll(() => rmSync(path, { recursive: true }))

function read(text: string): object {
  const parsed = parseConfig(text, join(path, 'baton.toml'))
  if (!parsed.ok) throw parsed.error
  return parsed.value
}

describe('the samples', () => {
  it('[CF1] reference.toml is a valid configuration, and the defaults it shows are the defaults', () => {
    expect({ ...read(written), timing: null }).toEqual({ ...read(reference), timing: null })
    expect(read(written)).toMatchObject({ timing: { preset: 'lan', ...TIMING_PRESETS.lan } })
  })

  it('[CF2] reference.toml names every key there is', () => {
    let table = ''
    const named = new Set<string>()
    for (const line of written.split('\n')) {
      const header = /^\[+([a-z]+)\]+$/.exec(line)
      const key = /^([a-zA-Z]+) = /.exec(line)
      if (header) table = header[1]!
      if (key) named.add(`${table}.${key[1]}`)
    }
    const tables = Object.keys(KNOWN_KEYS)
    const known = Object.entries(KNOWN_KEYS).flatMap(([name, keys]) => keys.map((key) => `${name}.${key}`))
    expect([...named].sort()).toEqual(known.filter((key) => !tables.includes(key.slice(1))).sort())
  })

  it('[CLI4] baton.service is what network init writes', () => {
    expect(readFileSync(join(SAMPLES, 'baton.service'), 'utf8')).toBe(systemdUnit('trade', 'c1-n1'))
  })
})
