import type { NodeInput } from '@baton/shared/core/node/io'
import type { NodeId, Token } from '@baton/shared/ids'
import type { ControlLink, ControlReply, ControlRequest } from '@baton/shared/ports/control-link'
import { success } from '@baton/shared/result'
import { expect, test } from 'vitest'
import { AuthorityBridge, type AuthorityBridgePorts } from '../../../node-runtime/src/daemon/authority-bridge.ts'
import { STATE } from '../adapters/control-link/authority-server.ts'

const TOKEN = { generation: 0, epoch: 4 } as Token
const GRANT = { mastership: 'as verified' } as never

function bridgeTo(reply: ControlReply) {
  const asked: ControlRequest[] = []
  const fed: NodeInput[] = []
  const warned: unknown[] = []
  const ports = {
    credentials: { verify: async () => success(GRANT) },
    enqueue: (input: NodeInput) => fed.push(input),
    log: { warn: (fields: unknown) => warned.push(fields), error: () => {} },
  } as unknown as AuthorityBridgePorts
  const bridge = new AuthorityBridge(ports)
  const request = async (one: ControlRequest) => {
    asked.push(one)
    return reply
  }
  bridge.attach({ request } as unknown as ControlLink)
  return { bridge, asked, fed, warned }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('[RC3] the end of a recovery is asked of the authority, and its registry is handed to the node', async () => {
  const { bridge, asked, fed } = bridgeTo({ ok: true, state: STATE })
  await bridge.recovered({ ...TOKEN, more: 'than a token' } as Token, { kind: 'log', from: 'c1-a' as NodeId })
  await settle()
  expect(asked).toEqual([{ t: 'recovered', token: TOKEN, by: { kind: 'log', from: 'c1-a' } }])
  expect(fed).toEqual([
    { i: 'granted', from: null, grants: [GRANT] },
    { i: 'view', view: STATE },
  ])
})

test('[RG9] so is what a barred node has verified; a refusal is logged and brings the registry too', async () => {
  const refused = {
    ok: false,
    code: 'NOT_ELECTABLE',
    why: 'an order stands',
    retryAfterMs: null,
    state: STATE,
  } as const
  const { bridge, asked, fed, warned } = bridgeTo(refused)
  await bridge.verified(TOKEN, 7 as never)
  await settle()
  expect(asked).toEqual([{ t: 'verified', token: TOKEN, height: 7 }])
  expect(fed.at(-1)).toEqual({ i: 'view', view: STATE })
  expect(warned).toEqual([{ event: 'verified-refused', code: 'NOT_ELECTABLE' }])
})
