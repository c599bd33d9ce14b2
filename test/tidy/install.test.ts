import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { whyInstall } from '../support/install-if-needed.mjs'
import { ROOT } from './source-files.ts'

const LOCK = {
  packages: {
    '': { name: 'x' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/for-another-platform': { version: '1.0.0', optional: true },
  },
}
const INSTALLED = { packages: { 'node_modules/a': { version: '1.0.0' } } }

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'baton-install-'))
  write('package-lock.json', LOCK)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('install-if-needed', () => {
  test('installs into an empty clone', () => {
    expect(whyInstall(root)).toBe('nothing is installed yet')
  })

  test('does nothing when node_modules is what the lockfile says', () => {
    installAs(INSTALLED)
    expect(whyInstall(root)).toBeNull()
  })

  test('installs again after the lockfile changed a version', () => {
    installAs({ packages: { 'node_modules/a': { version: '0.9.0' } } })
    expect(whyInstall(root)).toBe('node_modules/a differs from package-lock.json')
  })

  test('installs again after the lockfile dropped a package', () => {
    installAs({ packages: { ...INSTALLED.packages, 'node_modules/b': { version: '1.0.0' } } })
    expect(whyInstall(root)).toBe('node_modules/b is not in package-lock.json')
  })

  test('installs again when scripts were not run, so that Node 24 is missing', () => {
    installAs(INSTALLED)
    rmSync(join(root, 'node_modules/node'), { recursive: true })
    expect(whyInstall(root)).toBe('the Node 24 of this project is not installed')
  })

  test('says what to do when npm fails', () => {
    cpSync(join(ROOT, 'test/support/install-if-needed.mjs'), join(root, 'test/support/install-if-needed.mjs'))
    const npm = join(root, 'npm')
    writeFileSync(npm, '#!/bin/sh\necho "npm error code ENOTFOUND" >&2\nexit 7\n')
    chmodSync(npm, 0o755)
    const run = spawnSync(process.execPath, [join(root, 'test/support/install-if-needed.mjs')], {
      encoding: 'utf8',
      env: { PATH: `${root}:${process.env.PATH}` },
    })
    expect(run.status).toBe(1)
    expect(run.stderr).toContain('`npm ci` failed with exit status 7')
    expect(run.stderr).toContain('what to do:')
  })
})

function write(path: string, content: unknown): void {
  const file = join(root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, JSON.stringify(content))
}

function installAs(content: unknown): void {
  write('node_modules/.package-lock.json', content)
  write('node_modules/node/bin/node', '')
}
