/** Ctrl-C, SIGTERM and a closed terminal end the demo in order: what it started ends with it. */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface StopSignals {
  /** Rejects with a `StopRequested` when the demo is to end. */
  readonly rejection: Promise<never>
  /** Everything is cleaned up: ends the process if a signal had asked for it. */
  done(): void
}

export class StopRequested extends Error {
  override readonly name = 'StopRequested'
}

export function whenAskedToEnd(): StopSignals {
  let asked: NodeJS.Signals | undefined
  let reject: (reason: StopRequested) => void
  const rejection = new Promise<never>((_, fail) => {
    reject = fail
  })
  // Nobody may be waiting yet.
  rejection.catch(() => undefined)
  const end = (signal: NodeJS.Signals) => {
    asked ??= signal
    reject(new StopRequested(signal))
  }
  for (const signal of SIGNALS) process.on(signal, end)
  // A terminal that is gone cannot be written to: an error there (EIO) is the same news, and must not end the process before
  // its children.
  process.stdout.removeAllListeners('error').on('error', () => end('SIGHUP'))
  return {
    rejection,
    done() {
      for (const signal of SIGNALS) process.off(signal, end)
      if (asked !== undefined) process.exit(128 + constants.signals[asked])
    },
  }
}
