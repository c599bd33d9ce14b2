import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { untilTrue } from '../../support/until-true.ts'

const DEMO = join(import.meta.dirname, '../../../node-runtime/src/demo')
const children: ChildProcess[] = []
const strays: number[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const pid of strays.splice(0)) if (alive(pid)) process.kill(pid, 'SIGKILL')
})

/** Runs a module that prints pids, one a line, and returns them. */
async function parentOf(source: string, pids: number): Promise<{ parent: ChildProcess; pids: number[] }> {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(parent)
  const found: number[] = []
  for await (const line of createInterface({ input: parent.stdout! })) {
    found.push(Number(line))
    if (found.length === pids) break
  }
  strays.push(...found)
  return { parent, pids: found }
}

const SLEEP = `
  import { spawn } from 'node:child_process'
  import { Watchdog } from '${DEMO}/watchdog.ts'
  const sleep = () => spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  const watchdog = new Watchdog()
  watchdog.start()
`

test('kill -9 of the parent ends every watched process, frozen or not', async () => {
  const source = `${SLEEP}
    const frozen = sleep(), running = sleep()
    frozen.kill('SIGSTOP')
    for (const child of [frozen, running]) { watchdog.watch(child.pid); console.log(child.pid) }
    setInterval(() => {}, 1000)`
  const { parent, pids } = await parentOf(source, 2)
  expect(pids.map(alive)).toEqual([true, true])
  parent.kill('SIGKILL')
  await untilTrue(() => !pids.some(alive), 5_000)
})

test('a process that was forgotten is left alone: its number may be another one’s by now', async () => {
  const source = `${SLEEP}
    const kept = sleep(), forgotten = sleep()
    for (const child of [kept, forgotten]) watchdog.watch(child.pid)
    watchdog.forget(forgotten.pid)
    for (const child of [kept, forgotten]) console.log(child.pid)
    setInterval(() => {}, 1000)`
  const { parent, pids } = await parentOf(source, 2)
  parent.kill('SIGKILL')
  await untilTrue(() => !alive(pids[0]!), 5_000)
  expect(alive(pids[1]!)).toBe(true)
})

test('a child that was asked to exit with its parent does so when its standard input closes', async () => {
  const source = `import { exitWithParent } from '${DEMO}/exit-with-parent.ts'
    exitWithParent(); console.log('ready'); setInterval(() => {}, 1000)`
  const start = (environment: object) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    })
    children.push(child)
    return child
  }
  const asked = start({ BATON_EXIT_WITH_PARENT: '1' })
  const daemon = start({ BATON_EXIT_WITH_PARENT: '' })
  await Promise.all([asked, daemon].map((child) => once(child.stdout!, 'data')))
  asked.stdin!.end()
  daemon.stdin!.end()
  const [code] = await once(asked, 'exit')
  expect(code).toBe(0)
  expect(daemon.exitCode).toBeNull()
})

/** A zombie still has a pid, but is dead. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
