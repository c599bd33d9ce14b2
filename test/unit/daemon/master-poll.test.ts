import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { masterPoll } from '../../../node-runtime/src/daemon/master-poll.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('[NW2] the table is asked for again and again, until the node stops', () => {
  const pollMasters = vi.fn()
  const poll = masterPoll({ pollMasters }, 1_000)
  vi.advanceTimersByTime(20_000)
  const asked = pollMasters.mock.calls.length
  expect(asked).toBeGreaterThanOrEqual(13)
  expect(asked).toBeLessThanOrEqual(40)
  poll.stop()
  vi.advanceTimersByTime(20_000)
  expect(pollMasters).toHaveBeenCalledTimes(asked)
})
