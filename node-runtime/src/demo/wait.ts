import { setTimeout as sleep } from 'node:timers/promises'
import { BatonError } from '@baton/shared/errors'
import { nowMs } from './now.ts'

const POLL_MS = 25

/** Waits until `condition` gives something else than undefined and false. @throws BatonError after `boundMs`, naming what was awaited */
export async function waitFor<Value>(
  what: string,
  boundMs: number,
  condition: () => Promise<Value | undefined | false> | Value | undefined | false,
): Promise<Value> {
  const end = nowMs() + boundMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (nowMs() > end) throw new BatonError('INTERNAL', `${what}: not within ${boundMs / 1000} s`)
    await sleep(POLL_MS)
  }
}
