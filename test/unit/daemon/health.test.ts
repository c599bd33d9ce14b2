import type { Instant } from '@baton/shared/ids'
import { expect, test } from 'vitest'
import { reasonsOf } from '../../../node-runtime/src/daemon/health.ts'
import { settledWorld } from '../../support/world/settled.ts'

const [host] = settledWorld().hosts.values()

function codes(authorityConnected: boolean, majorityUp: boolean | null) {
  const certificate = { certificateAlert: null, revokedMaster: null }
  const said = reasonsOf({
    state: host!.state,
    now: host!.clock.now() as Instant,
    suspectAfterMs: 500,
    authorityConnected,
    majority: majorityUp === null ? null : { up: majorityUp, why: 'c1-n3 cannot be reached' },
    ...certificate,
  })
  return said.filter(({ code }) => code === 'authority-down' || code === 'no-majority')
}

test('[MJ1] who keeps the registry decides what a lost control plane means', () => {
  expect(codes(true, null)).toEqual([])
  expect(codes(false, null)).toMatchObject([
    { code: 'authority-down', why: expect.stringContaining('a failover waits') },
  ])
  expect(codes(false, true)).toMatchObject([
    { code: 'authority-down', why: expect.stringContaining('go on without it') },
  ])
  expect(codes(true, false)).toMatchObject([{ code: 'no-majority', why: expect.stringContaining('a failover waits') }])
  expect(codes(true, true)).toEqual([])
})
