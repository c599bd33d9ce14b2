import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSeatStore } from '../../../node-runtime/src/adapters/seat-store.ts'
import { openSqliteStore } from '../../../node-runtime/src/adapters/sqlite-store.ts'
import { madeNetwork, TIMEOUT_MS } from './made-network.ts'
import { runBaton } from './run-baton.ts'

const at = madeNetwork()
const node = (...path: string[]) => at('nodes', 'c1-n1', ...path)
const rebuild = (...more: string[]) => runBaton(['rebuild', '--config', node('baton.toml'), ...more])

test('[RG9, CLI3] what a stopped node has computed is put aside, and nothing else of it; a running one is left alone', {
  timeout: TIMEOUT_MS,
}, async () => {
  expect(await rebuild('--yes')).toMatchObject({ status: 65, stderr: expect.stringContaining('nothing to put aside') })
  const store = openSqliteStore({ folder: node('data') })
  openSeatStore({ folder: node('data'), injectFsyncMs: 0, onCommit: () => {} }).close()
  expect(await rebuild('--yes')).toMatchObject({ stderr: expect.stringContaining('DATA_FOLDER_IN_USE') })
  store.close()
  expect(await rebuild()).toMatchObject({ status: 65, stderr: expect.stringContaining('confirmation') })
  expect(existsSync(node('data', 'node.db'))).toBe(true)
  const done = await rebuild('--yes', '--json')
  expect(done).toMatchObject({ status: 0 })
  const { aside } = JSON.parse(done.stdout) as { aside: string }
  expect(existsSync(join(aside, 'node.db'))).toBe(true)
  const left = readdirSync(node('data')).filter((name) => name.startsWith('node.db') || name.startsWith('seat.db'))
  expect(left.filter((name) => name.startsWith('node.db'))).toEqual([])
  expect(left).toContain('seat.db')
})
