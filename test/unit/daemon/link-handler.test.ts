import type { Instant, NodeId } from '@baton/shared/ids'
import type { Log } from '@baton/shared/ports/log'
import type { RefusedLink } from '@baton/shared/ports/peer-links'
import { expect, test } from 'vitest'
import { type LinkHandlerPorts, linkHandler } from '../../../node-runtime/src/daemon/link-handler.ts'
import { RefusalLog } from '../../../node-runtime/src/daemon/refusal-log.ts'

const INBOUND: RefusedLink = {
  reason: 'no-certificate',
  why: 'it has shown no certificate',
  by: 'us',
  direction: 'inbound',
  address: '192.0.2.7:40001',
  node: null,
}

test('[RG11] a refused link is told of once for each reason and side, whatever port it comes from and whatever name it gives', () => {
  const lines: Record<string, unknown>[] = []
  const log = { warn: (fields: Record<string, unknown>) => void lines.push(fields) } as unknown as Log
  let counted = 0
  const handler = linkHandler({
    metrics: { add: () => (counted += 1) },
    refusals: new RefusalLog({ log, now: () => 0 as Instant }),
  } as unknown as LinkHandlerPorts)
  for (let port = 1; port <= 10_000; port += 1) {
    const node = port % 2 === 0 ? (`c1-x${port}` as NodeId) : null
    handler.onRefused({ ...INBOUND, address: `192.0.2.7:${port}`, node })
  }
  const dialled = { ...INBOUND, direction: 'outbound', by: 'them', node: 'c2-n1' as NodeId } as const
  for (let time = 0; time < 3; time += 1) handler.onRefused(dialled)
  handler.onRefused({ ...INBOUND, address: '[2001:db8::1]:9' })
  expect(counted).toBe(10_004)
  const event = 'link-refused'
  expect(lines).toMatchObject([
    { event, source: '192.0.2.7', reason: 'no-certificate', by: 'us' },
    { event, source: 'c2-n1', by: 'them', peer: 'c2-n1' },
    { event, source: '[2001:db8::1]' },
  ])
})
