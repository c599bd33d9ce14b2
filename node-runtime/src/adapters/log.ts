/** The node's log: JSON lines, or text for people on a terminal. */
import type { Log, LogFields } from '@baton/shared/ports/log'
import { destination, type Logger, pino } from 'pino'
import type { LogLevel } from '../config/types.ts'

export interface NodeLog extends Log {
  /** Writes what is still buffered, blocking: before the process ends. */
  flush(): void
}

export interface LogOptions {
  readonly level: LogLevel
  /** On every line: which node speaks. */
  readonly fields: LogFields
  /** File descriptor; default 1, standard output. */
  readonly to?: number
  /** Default: whether `to` is standard output on a terminal. */
  readonly pretty?: boolean
}

/** Bytes of log lines kept while their reader is slow; what is above is dropped, never waited for. */
const BUFFER_MAX = 4 * 1024 * 1024

/**
 * Lines are written off the event loop: a reader that does not read (a full pipe) must not stall a master (EL2).
 */
export async function nodeLog(options: LogOptions): Promise<NodeLog> {
  const { level, fields, to = 1, pretty = to === 1 && process.stdout.isTTY === true } = options
  if (pretty) {
    // Loaded for people only. In this thread: pino's own transports need worker files beside the bundle.
    const { default: prettyStream } = await import('pino-pretty')
    const stream = prettyStream({
      destination: to,
      sync: true,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss.l',
    })
    return wrap(pino({ level, base: fields }, stream), () => {})
  }
  const stream = destination({ dest: to, sync: false, minLength: 0, maxLength: BUFFER_MAX })
  // A reader that went away (EPIPE) is no reason to stop a node.
  stream.on('error', () => {})
  return wrap(pino({ level, base: fields, timestamp: isoTime }, stream), () => {
    try {
      stream.flushSync()
    } catch {
      // Not opened yet, or gone: nothing can be written.
    }
  })
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`
}

function wrap(logger: Logger, flush: () => void): NodeLog {
  return { ...methodsOf(logger), flush }
}

function methodsOf(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    fatal: (fields, message) => logger.fatal(fields, message),
    with: (fields) => methodsOf(logger.child(fields)),
  }
}
