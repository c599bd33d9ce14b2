import type { RegistryEvent } from '@baton/shared/core/registry/messages'
import { Revocations } from '@baton/shared/crypto/notices'
import type { Instant } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { expect, test } from 'vitest'
import type { Decider } from '../../worker/src/objects/authority/decider.ts'
import { Operators } from '../../worker/src/objects/authority/operators.ts'

const CALL = {
  call: 'POST /v1/x',
  operator: null,
  refusal: { code: 'UNAUTHENTICATED', why: 'no token' },
} as const

test('[ID7, RG11] refused calls are events up to a bound in a minute; the rest is counted and told when the minute is over', () => {
  const noted: RegistryEvent[] = []
  const decider = { note: (event: RegistryEvent) => noted.push(event), state: { registry: { status: 'absent' } } }
  let now = 5_000
  const operators = new Operators(
    decider as unknown as Decider,
    { now: () => now as Instant } as never,
    new Revocations(),
  )
  for (let call = 0; call < LIMITS.refusedCallsPerMinute + 7; call += 1) {
    expect(operators.admit(CALL)).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' })
  }
  expect(noted).toHaveLength(LIMITS.refusedCallsPerMinute)
  now += 59_999
  operators.tellUntold()
  expect(noted).toHaveLength(LIMITS.refusedCallsPerMinute)
  now += 1
  operators.tellUntold()
  expect(noted.at(-1)).toMatchObject({ event: 'operator-refused', why: '7 more calls were refused within a minute' })
  operators.admit(CALL)
  expect(noted).toHaveLength(LIMITS.refusedCallsPerMinute + 2)
  expect(operators.admit({ ...CALL, refusal: null })).toMatchObject({ ok: true })
})
