import type { Log } from '@baton/shared/ports/log'
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import type { LogLevel } from '../config/types.ts'

export interface LoggerOptions {
  readonly level: LogLevel
  /** On every line: `{ node, cluster }`. */
  readonly base: Readonly<Record<string, string>>
  /** Default: true when standard output is a terminal. */
  readonly readable?: boolean
}

/** What may wait for a reader that is slow or frozen; beyond it lines are dropped rather than memory filled. */
const BUFFER_BYTES = 16 * 1024 * 1024

/**
 * JSON lines on standard output, readable ones on a terminal. `at` is Unix time in ms with three decimals: enough to order
 * the events of one host. Writing never blocks the node: a reader that is stopped must not stop the master (EL2).
 */
export async function createLogger({ level, base, readable }: LoggerOptions): Promise<Log> {
  const options = {
    level,
    base,
    timestamp: () => `,"at":${(performance.timeOrigin + performance.now()).toFixed(3)}`,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return toLog(pino(options, (readable ?? process.stdout.isTTY) ? await readableOutput() : jsonOutput()))
}

function toLog(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    fatal: (fields, message) => logger.fatal(fields, message),
    with: (fields) => toLog(logger.child(fields)),
  }
}

function jsonOutput(): DestinationStream {
  return destination({ dest: 1, sync: false, maxLength: BUFFER_BYTES })
}

async function readableOutput(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({
    sync: true,
    timestampKey: 'at',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'node,cluster',
    colorize: true,
  })
}
