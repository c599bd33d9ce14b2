import { spawn } from 'node:child_process'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../../node-runtime/src/cli/main.ts')

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with every piece of standard output and a way to signal the process. */
  readonly onOutput?: (text: string, signal: (name: NodeJS.Signals) => void) => void
  readonly onError?: (text: string) => void
  /** Called at the start with a way to signal the process. */
  readonly onStart?: (signal: (name: NodeJS.Signals) => void) => void
}

/** Runs the command in a process of its own, as a user would. */
export function runBaton(
  args: readonly string[],
  { cwd, input, env, onOutput, onError, onStart }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, BATON_URL: '', ...env } })
    onStart?.((name) => child.kill(name))
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString()
      onOutput?.(data.toString(), (name) => child.kill(name))
    })
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString()
      onError?.(data.toString())
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.end(input ?? '')
  })
}
