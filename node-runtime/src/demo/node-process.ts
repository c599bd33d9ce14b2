/** One node of the demo as a child process: started, killed, frozen, healed, and heard through its log. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BatonError } from '@baton/shared/errors'
import { HEAP_OPTIONS } from '../cli/heap-options.ts'
import type { NodeFiles } from '../network/init.ts'
import { EXIT_WITH_PARENT } from './exit-with-parent.ts'
import type { Watchdog } from './watchdog.ts'

/** The sources are run as they are; the published package is one file that is its own command. */
const ENTRY = import.meta.filename.endsWith('.ts') ? join(import.meta.dirname, '../cli/main.ts') : import.meta.filename
const LAST_LINES = 20

/** One line of a node's JSON log that tells of an event. `at` is Unix time in ms with a fraction. */
export interface LoggedEvent {
  readonly event: string
  readonly at: number
  readonly [field: string]: unknown
}

export interface NodeProcessOptions {
  readonly logFile: string
  readonly environment: Readonly<Record<string, string>>
  readonly watchdog: Watchdog
  /** The program of the next start; default: this one. */
  readonly program?: () => string | undefined
  readonly onEvent: (event: LoggedEvent) => void
  /** Called when the process ends although nobody asked for it. */
  readonly onDeath: (why: string) => void
}

export class NodeProcess {
  readonly files: NodeFiles
  readonly #options: NodeProcessOptions
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #expected = false
  #frozen = false
  #lastLines: string[] = []

  constructor(files: NodeFiles, options: NodeProcessOptions) {
    this.files = files
    this.#options = options
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  get frozen(): boolean {
    return this.#frozen
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    if (this.#child !== undefined) return
    this.#expected = false
    const child = spawn(
      process.execPath,
      [...HEAP_OPTIONS, this.#options.program?.() ?? ENTRY, 'run', '--config', this.files.configFile],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        // Its own session: Ctrl-C in the terminal is for the demo, which then stops its nodes itself.
        detached: true,
        env: { ...process.env, ...this.#options.environment, [EXIT_WITH_PARENT]: '1' },
      },
    )
    const log = createWriteStream(this.#options.logFile, { flags: 'a' })
    this.#child = child
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#remember(error.message)
        if (child.pid === undefined) this.#ended(child, error.message, resolve)
      })
      child.once('close', (code, signal) => {
        log.end()
        this.#ended(child, signal ?? `exit status ${code}`, resolve)
      })
    })
    child.stdin!.on('error', () => undefined)
    if (child.pid !== undefined) this.#options.watchdog.watch(child.pid)
    createInterface({ input: child.stdout! }).on('line', (line) => {
      log.write(`${line}\n`)
      this.#hear(line)
    })
    createInterface({ input: child.stderr! }).on('line', (line) => {
      log.write(`${line}\n`)
      this.#remember(line)
    })
  }

  /** kill -9: resolves once the process is gone. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL')
    await this.#exited
  }

  freeze(): void {
    this.#signal('SIGSTOP')
    this.#frozen = true
  }

  thaw(): void {
    this.#signal('SIGCONT')
    this.#frozen = false
  }

  /** What a node that failed to start has to say. */
  startFailure(): BatonError {
    return new BatonError('INTERNAL', `node ${this.files.node} did not come up:\n${this.#lastLines.join('\n')}`, {
      remedy: `read its log: ${this.#options.logFile}`,
    })
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child === undefined) return
    if (signal === 'SIGKILL') this.#expected = true
    this.#child.kill(signal)
  }

  #hear(line: string): void {
    const event = parseEvent(line)
    if (event === null) this.#remember(line)
    else this.#options.onEvent(event)
  }

  #remember(line: string): void {
    this.#lastLines.push(line)
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift()
  }

  #ended(child: ChildProcess, why: string, resolve: () => void): void {
    if (child.pid !== undefined) this.#options.watchdog.forget(child.pid)
    if (this.#child === child) this.#child = undefined
    this.#frozen = false
    if (!this.#expected) this.#options.onDeath(why)
    resolve()
  }
}

function parseEvent(line: string): LoggedEvent | null {
  if (!line.startsWith('{')) return null
  try {
    const value = JSON.parse(line) as Record<string, unknown>
    return typeof value.event === 'string' && typeof value.at === 'number' ? (value as LoggedEvent) : null
  } catch {
    return null
  }
}
