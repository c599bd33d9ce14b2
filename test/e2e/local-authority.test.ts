import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportPrivateJwk } from '@baton/shared/crypto/keys'
import type { MemberView } from '@baton/shared/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '../../node-runtime/src/demo/free-ports.ts'
import {
  type LocalAuthority,
  type LocalAuthorityOptions,
  startLocalAuthority,
} from '../../node-runtime/src/demo/local-authority.ts'
import { COMPATIBILITY_DATE } from '../../node-runtime/src/demo/local-authority-options.ts'
import { MINIFLARE_PACKAGE } from '../../node-runtime/src/demo/local-authority-workerd.ts'
import manifest from '../../package.json' with { type: 'json' }
import { openSession } from '../support/authority-session.ts'
import { AUTHORITY, C1, GENESIS, NETWORK } from '../support/fixed-network.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-authority-'))
const running: LocalAuthority[] = []
/** Every workerd that this process has started, whoever asked for it. */
const workerds: ChildProcess[] = []
const see = (message: unknown) => {
  const { process } = message as { readonly process: ChildProcess }
  process.once('spawn', () => process.spawnargs[1] === 'serve' && workerds.push(process))
}

beforeAll(() => subscribe('child_process', see))
afterAll(async () => {
  for (const authority of running) await authority.stop()
  unsubscribe('child_process', see)
  rmSync(folder, { recursive: true, force: true })
})

test('leaves the signals of the process to their owner', async () => {
  const listeners = () => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => process.listeners(signal as NodeJS.Signals))
  const before = listeners()
  const authority = await start(await optionsIn(folder))
  expect(listeners()).toEqual(before)
  await authority.stop()
})

test('[RG8] a control plane that is killed comes back with its registry, on the same folder and port', async () => {
  const options = await optionsIn(folder)
  const before = workerds.length
  const first = await start(options)
  const { socket } = await openSession(first.url, C1)
  const closed = once(socket, 'close')
  process.kill(first.pid, 'SIGKILL')
  await closed

  const second = await start(options)
  expect(workerds.slice(before).map(({ pid }) => pid)).toEqual([first.pid, second.pid])
  const answer = await fetch(`${second.url}/v1/networks/${NETWORK}/clusters/${C1}`)
  const { state } = (await answer.json()) as { state: { epoch: number; members: MemberView[] } }
  expect(state).toMatchObject({ epoch: 1, master: 'c1-a', syncSet: ['c1-a'] })
  expect(state.members).toHaveLength(1)

  await expect(startLocalAuthority(options)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await second.stop()
  await expect(fetch(second.url)).rejects.toThrow()
})

test('a killed control plane stays away until it is started again, and this process goes on', async () => {
  const authority = await start(await optionsIn(folder))
  const before = workerds.length
  const { socket } = await openSession(authority.url, C1)
  const closed = once(socket, 'close')
  process.kill(authority.pid, 'SIGKILL')
  await closed
  // As long as a start takes: time enough for another one to appear.
  await (await start(await optionsIn(join(folder, 'other')))).stop()
  expect(workerds).toHaveLength(before + 1)
  await expect(fetch(authority.url)).rejects.toThrow()
  await authority.stop()
})

test('names the versions that the repository uses', () => {
  expect(MINIFLARE_PACKAGE).toBe(`miniflare@${manifest.devDependencies.miniflare}`)
  const wrangler = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8')
  expect(wrangler).toContain(`compatibility_date = "${COMPATIBILITY_DATE}"`)
})

async function optionsIn(persistFolder: string): Promise<LocalAuthorityOptions> {
  const [port] = await freePorts(1)
  return { port: port!, persistFolder, genesis: GENESIS, authorityKeyJwk: await exportPrivateJwk(AUTHORITY) }
}

async function start(options: LocalAuthorityOptions): Promise<LocalAuthority> {
  const authority = await startLocalAuthority(options)
  running.push(authority)
  return authority
}
