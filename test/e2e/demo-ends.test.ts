import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { untilTrue } from '../support/until-true.ts'
import { descendants, isAlive, printedUntil, startDemo } from './demo-process.ts'

const LEFT_MS_MAX = 5_000
/** 12 nodes, workerd, and the shell that watches. */
const CHILDREN_MIN = 14

let demo: ChildProcess | undefined
let children: number[] = []
let folder = ''
afterEach(() => {
  demo?.kill('SIGKILL')
  for (const pid of children.filter(isAlive)) process.kill(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function runningDemo(): Promise<ChildProcess> {
  demo = startDemo()
  const lines = await printedUntil(demo, /^up after/)
  folder = /data folder (\S+)/.exec(lines.join('\n'))![1]!
  children = descendants(demo.pid!)
  expect(children.length).toBeGreaterThanOrEqual(CHILDREN_MIN)
  return demo
}

test('after kill -9 of the demo no child is left within five seconds, not even a frozen one', async () => {
  const running = await runningDemo()
  process.kill(children[3]!, 'SIGSTOP')
  running.kill('SIGKILL')
  await untilTrue(() => !children.some(isAlive), LEFT_MS_MAX)
})

test('after Ctrl-C no child is left within five seconds, nor the data folder', async () => {
  const running = await runningDemo()
  const ended = once(running, 'exit')
  running.kill('SIGINT')
  await untilTrue(() => !children.some(isAlive), LEFT_MS_MAX)
  expect((await ended)[0]).toBe(130)
  expect(existsSync(folder)).toBe(false)
})
