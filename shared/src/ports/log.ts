/** Structured log lines: an object of fields, then a sentence for people. */
export type LogFields = Readonly<Record<string, unknown>>
export type LogMethod = (fields: LogFields, message: string) => void

export interface Log {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  readonly fatal: LogMethod
  /** A log whose lines all carry `fields`. */
  with(fields: LogFields): Log
}
