import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportPrivateJwk } from '@baton/shared/crypto/keys'
import type { MemberView } from '@baton/shared/protocol/control'
import { afterAll, expect, test } from 'vitest'
import { freePorts } from '../../node-runtime/src/demo/free-ports.ts'
import { type LocalAuthority, startLocalAuthority } from '../../node-runtime/src/demo/local-authority.ts'
import { openSession } from '../support/authority-session.ts'
import { AUTHORITY, C1, GENESIS, NETWORK } from '../support/fixed-network.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-authority-'))
const running: LocalAuthority[] = []

afterAll(async () => {
  for (const authority of running) await authority.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('[RG8] a control plane that is killed comes back with its registry, on the same folder and port', async () => {
  const [port] = await freePorts(1)
  const options = {
    port: port!,
    persistFolder: folder,
    genesis: GENESIS,
    authorityKeyJwk: await exportPrivateJwk(AUTHORITY),
  }
  const first = await startLocalAuthority(options)
  running.push(first)
  const { socket } = await openSession(first.url, C1)
  const closed = once(socket, 'close')
  process.kill(first.pid, 'SIGKILL')
  await closed

  const second = await startLocalAuthority(options)
  running.push(second)
  expect(second.pid).not.toBe(first.pid)
  const answer = await fetch(`${second.url}/v1/networks/${NETWORK}/clusters/${C1}`)
  const { state } = (await answer.json()) as { state: { epoch: number; members: MemberView[] } }
  expect(state).toMatchObject({ epoch: 1, master: 'c1-a', syncSet: ['c1-a'] })
  expect(state.members).toHaveLength(1)

  await expect(startLocalAuthority(options)).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await second.stop()
  await expect(fetch(second.url)).rejects.toThrow()
})
