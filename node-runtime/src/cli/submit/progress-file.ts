/**
 * Where a submission stopped: a header and one JSON line per transaction whose outcome is known. It is appended to and never
 * rewritten, so whatever is torn off its end is only submitted again, as the same transaction.
 */
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { BatonError } from '@baton/shared/errors'
import { reasonOf } from '../../config/genesis-file.ts'
import type { InputLine } from './lines.ts'

const FORMAT = 'baton-progress/1'

export interface Progress {
  /** Part of every nonce: makes the lines of this submission the same transactions each time. */
  readonly run: string
  /** Lines that were done before. */
  readonly doneBefore: number
  /** True when the line's outcome is known. @throws BatonError BAD_REQUEST when the line was another one then */
  isDone(line: InputLine): boolean
  record(line: InputLine, id: string): void
  close(): void
}

/** A submission that cannot be resumed. */
export function withoutProgress(): Progress {
  return { run: newRun(), doneBefore: 0, isDone: () => false, record: () => undefined, close: () => undefined }
}

/**
 * Opens or begins a progress file; its header is on disk before anything is submitted.
 * @throws BatonError CONFIG_INVALID for a file that is something else, STORAGE_FAILED
 */
export function openProgress(file: string, restart: boolean): Progress {
  try {
    if (restart) rmSync(file, { force: true })
    const known = existsSync(file) ? readProgress(file) : null
    const descriptor = openSync(file, 'a', 0o644)
    if (known === null) {
      const run = newRun()
      writeSync(descriptor, `${JSON.stringify({ format: FORMAT, run })}\n`)
      fsyncSync(descriptor)
      return progress(file, descriptor, run, new Map())
    }
    return progress(file, descriptor, known.run, known.done)
  } catch (error) {
    if (error instanceof BatonError) throw error
    throw new BatonError('STORAGE_FAILED', `the progress file ${file} cannot be written: ${reasonOf(error)}`, {
      remedy: 'name another place with --resume FILE',
      cause: error,
    })
  }
}

function progress(file: string, descriptor: number, run: string, done: ReadonlyMap<number, string>): Progress {
  return {
    run,
    doneBefore: done.size,
    isDone(line) {
      const of = done.get(line.number)
      if (of === undefined) return false
      if (of === digest(line.text)) return true
      throw new BatonError('BAD_REQUEST', `line ${line.number} is not the one that ${file} says was submitted`, {
        remedy: 'submit the file as it was, or forget the progress with --restart',
      })
    },
    record: (line, id) => {
      writeSync(descriptor, `${JSON.stringify({ line: line.number, of: digest(line.text), id })}\n`)
    },
    close: () => closeSync(descriptor),
  }
}

/** Null when not even the header was written whole. */
function readProgress(file: string): { run: string; done: Map<number, string> } | null {
  const text = readFileSync(file, 'utf8')
  const end = text.lastIndexOf('\n') + 1
  // A line torn by a crash would swallow the next one.
  truncateSync(file, Buffer.byteLength(text.slice(0, end)))
  const [first, ...rest] = text.slice(0, end).split('\n').slice(0, -1)
  if (first === undefined) return null
  const header = parse(first) as { format?: unknown; run?: unknown } | null
  if (header?.format !== FORMAT || typeof header.run !== 'string') {
    throw new BatonError('CONFIG_INVALID', `${file} is not a progress file of baton submit`, {
      remedy: 'name another file with --resume',
    })
  }
  const done = new Map<number, string>()
  for (const text of rest) {
    const entry = parse(text) as { line?: unknown; of?: unknown } | null
    if (typeof entry?.line === 'number' && typeof entry.of === 'string') done.set(entry.line, entry.of)
  }
  return { run: header.run, done }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function newRun(): string {
  return randomBytes(12).toString('base64url')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
