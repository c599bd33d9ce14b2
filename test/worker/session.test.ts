import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { ClusterId, NetworkId, NodeId, UnixMs } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import { CONTROL_PROTOCOL } from '@baton/shared/protocol/control'
import { expect, test } from 'vitest'
import { attachmentOf, CLOSE } from '../../worker/src/objects/authority/sockets.ts'
import { CLUSTERS, keyOf, NETWORK, POLICY } from './network.ts'
import { eventsOf } from './operator-client.ts'
import { clusterUrl, get, TestNode, threeNodes } from './test-node.ts'

const [C1, C2, C3, C4, C5, C6, C7, C8] = CLUSTERS

async function expectRefused(node: TestNode, code: string): Promise<void> {
  expect(await node.take('refused')).toMatchObject({ code })
  await expect.poll(() => node.closed?.code).toBe(CLOSE.refused)
  expect(node.state).toBeNull()
}

test('[ID5, RG2] a node that answers the challenge gets a welcome; the founder holds epoch 1', async () => {
  const early = await TestNode.make(C1, 'b')
  expect((await early.connect()).state).toBeNull()
  const founder = await TestNode.make(C1, 'a')
  const welcome = await founder.connect()
  expect(welcome.state).toMatchObject({ epoch: 1, master: founder.node, syncSet: [founder.node] })
  expect(welcome.graceMs).toBeLessThanOrEqual(POLICY.startupGraceMs)
  expect(welcome.masters.split('.')).toHaveLength(3)
  await early.seeState((state) => state.epoch === 1 && state.members.length === 2)
})

test('[ID1, ID5] refuses a certificate that the owner of this cluster has not signed', async () => {
  const foreign = await TestNode.make(C2, 'a', {}, await keyOf(`owner ${C3}`))
  await foreign.open()
  await foreign.hello()
  await expectRefused(foreign, 'CERTIFICATE_INVALID')
})

test('[ID5] refuses a certificate of another cluster or network', async () => {
  for (const overrides of [{ cluster: C3 }, { network: 'other' as NetworkId }]) {
    const node = await TestNode.make(C2, 'a', overrides, await keyOf(`owner ${C3}`))
    await node.open()
    await node.hello()
    await expectRefused(node, 'CERTIFICATE_INVALID')
  }
})

test('[ID5, ID8] refuses a certificate that has expired', async () => {
  const node = await TestNode.make(C2, 'a', { expiresAt: (Date.now() - 1) as UnixMs })
  await node.open()
  await node.hello()
  await expectRefused(node, 'CERTIFICATE_EXPIRED')
})

test('[ID5] refuses a proof by another key than the certified one', async () => {
  const node = await TestNode.make(C2, 'a')
  await node.open()
  await node.hello({}, await keyOf('a thief of the certificate'))
  await expectRefused(node, 'CHALLENGE_INVALID')
})

test('[ID5] refuses the answer to another challenge: a replayed hello opens nothing', async () => {
  const node = await TestNode.make(C2, 'a')
  await node.connect()
  const { challenge } = await (async () => {
    const spy = await TestNode.make(C2, 'a')
    await spy.open()
    return spy.take('challenge')
  })()
  const replaying = await TestNode.make(C2, 'a')
  await replaying.open()
  await replaying.hello({ challenge })
  await expectRefused(replaying, 'CHALLENGE_INVALID')
})

test('[ID5, PV1] refuses a proof that names another node, and a protocol it does not speak', async () => {
  const node = await TestNode.make(C3, 'a')
  await node.open()
  await node.hello({ node: `${C3}-b` as NodeId })
  await expectRefused(node, 'CHALLENGE_INVALID')
  await node.open()
  const { min, max } = CONTROL_PROTOCOL
  await node.hello({ protocol: { min: max + 1, max: max + 2 } })
  expect(await node.take('refused')).toMatchObject({
    code: 'PROTOCOL_VERSION',
    why: expect.stringContaining(`the node c3-a speaks version ${max + 1} to ${max + 2}: upgrade the authority`),
  })
  await node.open()
  await node.hello({ protocol: { min: 0, max: min - 1 } })
  expect(await node.take('refused')).toMatchObject({ why: expect.stringMatching(/: upgrade the node c3-a$/) })
  expect(await node.connect({ protocol: { min: max, max: max + 1 } })).toMatchObject({ t: 'welcome' })
})

test('[ID5] a challenge is used up by the first answer, right or wrong', async () => {
  const node = await TestNode.make(C3, 'a')
  await node.open()
  const [first] = [node.inbox.length]
  expect(first).toBeLessThanOrEqual(1)
  const wrong = { t: 'hello', certificate: node.certificate, proof: node.certificate } as const
  const { challenge } = await node.take('challenge')
  node.inbox.push({ t: 'challenge', challenge, protocol: { min: 1, max: 1 } })
  node.send(wrong)
  await node.hello()
  await expectRefused(node, 'CHALLENGE_INVALID')
})

/** As if the 30 s of every open challenge had passed. */
async function expireChallenges(cluster: ClusterId): Promise<void> {
  await runInDurableObject(env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${cluster}`), (_object, state) => {
    for (const socket of state.getWebSockets()) {
      const attachment = attachmentOf(socket)
      if (attachment.phase === 'challenged') socket.serializeAttachment({ ...attachment, expiresAt: 1 })
    }
  })
}

test('[ID5] refuses the answer to a challenge that has expired', async () => {
  const node = await TestNode.make(C8, 'a')
  await node.open()
  await expireChallenges(C8)
  await node.hello()
  await expectRefused(node, 'CHALLENGE_INVALID')
})

test('[ID5] a socket that does not answer its challenge in time is closed by the alarm', async () => {
  const node = await TestNode.make(C8, 'a')
  await node.open()
  await node.take('challenge')
  await expireChallenges(C8)
  expect(await runDurableObjectAlarm(env.CLUSTER_AUTHORITY.getByName(`${NETWORK}/${C8}`))).toBe(true)
  await expectRefused(node, 'CHALLENGE_INVALID')
  const slow = { event: 'session-refused', code: 'CHALLENGE_INVALID', why: 'no valid proof came in time' }
  expect(await eventsOf(C8)).toContainEqual(expect.objectContaining(slow))
})

test('[ID5] nothing but a hello is heard before the handshake', async () => {
  const node = await TestNode.make(C3, 'a')
  await node.open()
  node.send({ t: 'getMasters' })
  await expectRefused(node, 'CHALLENGE_INVALID')
  await node.open()
  node.sendRaw('{ not json')
  await expectRefused(node, 'BAD_REQUEST')
})

test('[RG3] the newest session of a node wins, and its older one is closed without a hint', async () => {
  const [, b] = await threeNodes(C4)
  const again = await TestNode.online(C4, 'a')
  expect(again.known.master).toBe(again.node)
  again.disconnect()
  expect(await b.take('sessionClosed')).toEqual({ t: 'sessionClosed', node: again.node })
})

test('[RG3] the close of a session is told to the others at once', async () => {
  const [a, b, c] = await threeNodes(C5)
  a.disconnect()
  for (const node of [b, c]) expect(await node.take('sessionClosed')).toEqual({ t: 'sessionClosed', node: a.node })
})

test('[RG3] malformed frames of an admitted node are refused and cost it nothing', async () => {
  const [a] = await threeNodes(C6)
  const frames = ['{', '[]', '{"t":"claim","request":1}', '{"t":"unknown"}', new Uint8Array([1, 2]).buffer]
  for (const frame of frames) {
    a.sendRaw(frame)
    expect(await a.take('refused')).toMatchObject({ code: 'BAD_REQUEST' })
  }
  a.sendRaw(' '.repeat(LIMITS.controlFrameBytes + 1))
  expect(await a.take('refused')).toMatchObject({ code: 'BODY_TOO_LARGE' })
  expect((await a.report()).version).toBe(a.known.version)
})

test('the session route wants an upgrade, and clusters that genesis knows', async () => {
  expect(await (await get(clusterUrl(C7, '/session'))).json()).toMatchObject({ error: 'BAD_REQUEST' })
  const unknown = await get(clusterUrl('c99' as typeof C7 & string, '/session'), { headers: { upgrade: 'websocket' } })
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toMatchObject({ error: 'UNKNOWN_CLUSTER' })
})
