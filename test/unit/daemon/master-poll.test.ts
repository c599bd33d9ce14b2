import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { masterPoll } from '../../../node-runtime/src/daemon/master-poll.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('[NW2] the table is asked for again and again, until the node stops', () => {
  const pollMasters = vi.fn()
  const poll = masterPoll({ pollMasters, connected: false }, 1_000)
  vi.advanceTimersByTime(20_000)
  const asked = pollMasters.mock.calls.length
  expect(asked).toBeGreaterThanOrEqual(13)
  expect(asked).toBeLessThanOrEqual(40)
  poll.stop()
  vi.advanceTimersByTime(20_000)
  expect(pollMasters).toHaveBeenCalledTimes(asked)
})

test('[NW2] with a session, which brings the broadcasts, each fifth time; at once more often when it has ended', () => {
  const pollMasters = vi.fn()
  const control = { pollMasters, connected: true }
  const poll = masterPoll(control, 1_000)
  vi.advanceTimersByTime(100_000)
  expect(pollMasters.mock.calls.length).toBeGreaterThanOrEqual(13)
  expect(pollMasters.mock.calls.length).toBeLessThanOrEqual(40)
  control.connected = false
  pollMasters.mockClear()
  vi.advanceTimersByTime(20_000)
  expect(pollMasters.mock.calls.length).toBeGreaterThanOrEqual(13)
  poll.stop()
})
