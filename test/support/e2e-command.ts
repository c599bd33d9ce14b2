/** `baton` as a process that is expected to end by itself. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../node-runtime/src/cli/main.ts')
const END_MS_MAX = 30_000

export interface EndedCommand {
  /** Null when it had to be killed: it did not end. */
  readonly status: number | null
  readonly output: string
  readonly errors: string
}

/** Runs `baton …` to its end; killed after half a minute. */
export async function baton(...options: string[]): Promise<EndedCommand> {
  const child = spawn(process.execPath, [MAIN, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const deadline = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX)
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const [status] = (await once(child, 'close')) as [number | null]
  clearTimeout(deadline)
  return { status, output, errors }
}
