import { vi } from 'vitest'

/** Far above what anything here takes: a busy machine is no reason to fail, and what never comes is told with what was seen last. */
const WITHIN_MS = 20_000

/** What `check` returns once it throws no more: for what another object, or a later turn of the same one, brings about. */
export function eventually<Value>(check: () => Value | Promise<Value>, everyMs = 5): Promise<Value> {
  return vi.waitFor(check, { timeout: WITHIN_MS, interval: everyMs })
}
