/** Aborted by the first SIGINT or SIGTERM; the second ends the process at once with 128 + the signal's number. */
import { constants } from 'node:os'

export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[signal])
      controller.abort(signal)
    })
  }
  return controller.signal
}
