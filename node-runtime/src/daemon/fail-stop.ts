/** The last word of a process whose invariant broke or whose disk failed, and its exit status (sysexits: EX_SOFTWARE or EX_IOERR). */
import { AssertionFailure } from '@baton/shared/assert'
import { BatonError } from '@baton/shared/errors'
import type { Log } from '@baton/shared/ports/log'

export function failStop(log: Log, error: unknown): 70 | 74 {
  const fatal = error instanceof BatonError ? error : new BatonError('INTERNAL', String(error), { cause: error })
  const stack = error instanceof Error ? error.stack : undefined
  log.fatal(
    { event: 'fail-stop', code: fatal.code, stack },
    `stopping: ${fatal.message}${fatal.remedy === undefined ? '' : `. ${fatal.remedy}`}`,
  )
  return error instanceof AssertionFailure ? 70 : 74
}
