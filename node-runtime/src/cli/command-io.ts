/** How a command talks: results on standard output, everything else on standard error, one exit status. */
import { BatonError } from '@baton/shared/errors'
import { EXIT_STATUS } from './exit-status.ts'
import { explainError, formatError, toCoded } from './explain-error.ts'

export interface OutputOptions {
  readonly json?: boolean
}

/** The value of an option that takes several names, with commas. */
export function list(text: string): string[] {
  return text.split(',').map((name) => name.trim())
}

/** Wraps the action of a command: its errors are explained, and the process ends with the status of their owner. */
export function guarded<Arguments extends unknown[]>(
  action: (...input: Arguments) => Promise<void>,
): (...input: Arguments) => Promise<void> {
  return async (...input) => {
    try {
      await action(...input)
    } catch (error) {
      fail(
        error,
        input.some((argument) => (argument as OutputOptions | undefined)?.json === true),
      )
    }
  }
}

/** Prints the error, one JSON line with `json`, and sets the exit status; the process ends when its work is done. */
export function fail(error: unknown, json = false): void {
  const explained = explainError(error)
  process.exitCode = explained.exitStatus
  if (json) {
    process.stderr.write(`${JSON.stringify(toCoded(error).toJSON())}\n`)
    return
  }
  process.stderr.write(formatError(explained))
  if (explained.exitStatus === EXIT_STATUS.internal && error instanceof Error && !(error instanceof BatonError)) {
    process.stderr.write(`${error.stack}\n`)
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

/** A reader that stops early (`baton status | head`) is no failure. */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
}
