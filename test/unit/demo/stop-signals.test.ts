import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const MODULE = join(import.meta.dirname, '../../../node-runtime/src/demo/stop-signals.ts')
const SOURCE = `
  import { whenAskedToEnd } from '${MODULE}'
  const ending = whenAskedToEnd()
  const busy = setInterval(() => {}, 1000)
  console.log('ready')
  try { await Promise.race([new Promise(() => {}), ending.rejection]) } catch (error) { console.log(error.name) }
  clearInterval(busy)
  console.log('cleaned up')
  ending.done()
  console.log('not reached')`

test.each([
  ['Ctrl-C', 'SIGINT', 130],
  ['kill', 'SIGTERM', 143],
  ['a closed terminal', 'SIGHUP', 129],
] as const)('%s lets the demo clean up and then ends it with its status', async (_, signal, status) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SOURCE], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
    if (printed === 'ready\n') child.kill(signal)
  })
  const [code] = await once(child, 'close')
  expect(printed).toBe('ready\nStopRequested\ncleaned up\n')
  expect(code).toBe(status)
})
