import type { NodeId } from '@baton/shared/ids'
import { PEER_PROTOCOL, type PeerMessage } from '@baton/shared/protocol/peer'
import { decodePeer } from '@baton/shared/protocol/peer-codec'
import { expect, test } from 'vitest'
import { PeerWire } from '../../../../node-runtime/src/daemon/peer-wire.ts'
import { PEER_SAMPLES } from '../../../support/peer-samples.ts'
import { untilTrue } from '../until-true.ts'
import { certify, introduce, startNode, type TestNode } from './mesh.ts'
import { knock, UPGRADE } from './wrong-sides.ts'

const { min, max } = PEER_PROTOCOL
const BEFORE = { min: 1, max: 1 }
const A = 'c1-a' as NodeId
const B = 'c1-b' as NodeId

async function pair(a: typeof BEFORE, b: typeof BEFORE): Promise<[TestNode, TestNode]> {
  const nodes: [TestNode, TestNode] = [await startNode(A, { protocol: a }), await startNode(B, { protocol: b })]
  introduce(...nodes)
  return nodes
}

/** Sends it as the daemon does, and reads it as the daemon does. */
async function carried(from: TestNode, to: TestNode, message: PeerMessage): Promise<unknown> {
  const before = to.frames.length
  const wire = new PeerWire(() => from.links, { add: () => {} })
  expect(wire.send(to.id, message)).toBe(true)
  await untilTrue('the frame', () => to.frames.length > before)
  return decodePeer(to.frames[before]!.frame, to.links.protocolOf(from.id)!)
}

test('[PV1] a link uses the highest version that both sides speak, whoever dials', async () => {
  for (const [a, b, agreed] of [
    [BEFORE, PEER_PROTOCOL, 1],
    [PEER_PROTOCOL, BEFORE, 1],
    [PEER_PROTOCOL, PEER_PROTOCOL, max],
    [{ min: max, max: max + 1 }, PEER_PROTOCOL, max],
  ] as const) {
    const [first, second] = await pair(a, b)
    await untilTrue('a link', () => first.links.isOpen(B) && second.links.isOpen(A))
    expect([first.links.protocolOf(B), second.links.protocolOf(A)]).toEqual([agreed, agreed])
    expect(first.links.open()[0]).toMatchObject({ node: B, protocol: agreed })
    expect(first.links.protocolOf('c1-x' as NodeId)).toBeNull()
    await Promise.all([first.links.stop(), second.links.stop()])
  }
})

test('[PV2] two versions of the message set side by side: each link carries what both understand', async () => {
  const nodes = [
    await startNode('c1-a', { protocol: BEFORE }),
    await startNode('c1-b'),
    await startNode('c1-c', { protocol: BEFORE }),
    await startNode('c1-d'),
  ] as const
  introduce(...nodes)
  await untilTrue('all links', () => nodes.every(({ links }) => links.open().length === 3))
  for (const from of nodes) {
    for (const to of nodes) {
      if (from === to) continue
      const both = [from, to].every(({ id }) => id === 'c1-b' || id === 'c1-d')
      const { hello, vote } = PEER_SAMPLES
      const program = both ? hello.program : ''
      expect(await carried(from, to, hello), `${from.id} to ${to.id}`).toEqual({
        ok: true,
        message: { ...hello, program },
      })
      expect(await carried(from, to, vote)).toEqual({ ok: true, message: vote })
    }
  }
})

test('[PV1] sides without a version in common both say which of them to upgrade', async () => {
  for (const [a, b, behind] of [
    [{ min: max + 1, max: max + 2 }, PEER_PROTOCOL, B],
    [PEER_PROTOCOL, { min: max + 1, max: max + 2 }, A],
  ] as const) {
    const [dialler, listener] = await pair(a, b)
    await untilTrue('both know', () => dialler.refused.length > 0 && listener.refused.length > 0)
    const named = (self: NodeId) => (behind === self ? 'this node' : behind)
    expect(dialler.refused[0]).toMatchObject({
      reason: 'protocol',
      by: 'them',
      why: expect.stringMatching(`of the peer protocol, .*: upgrade ${named(A)}$`),
    })
    expect(listener.refused[0]).toMatchObject({
      reason: 'protocol',
      by: 'us',
      why: expect.stringMatching(`: upgrade ${named(B)}$`),
    })
    expect([dialler.events, listener.events]).toEqual([[], []])
    await Promise.all([dialler.links.stop(), listener.links.stop()])
  }
})

test('[PV1] a program from before there was a choice speaks version 1; a range that is none is refused', async () => {
  const { tls } = await certify('c1-a')
  const node = await startNode('c1-b')
  const port = Number(node.address().split(':')[1])
  const upgrade = (header: string) => UPGRADE.replace('\r\n\r\n', `\r\n${header}\r\n\r\n`)
  for (const wrong of ['2', 'x-y', '1-2-3', '-1-2', '1-9999999']) {
    const answer = await knock(port, tls, upgrade(`x-baton-protocol: ${wrong}`))
    expect(answer, wrong).toMatch(
      /^HTTP\/1.1 403 Forbidden\r\nx-baton-refused: protocol\r\nx-baton-protocol: \d+-\d+\r\n/,
    )
  }
  expect(min).toBe(1)
  const answered = knock(port, tls)
  await untilTrue('a link', () => node.links.isOpen(A))
  expect(node.links.protocolOf(A)).toBe(1)
  node.links.terminate(A)
  expect(await answered).toMatch(/^HTTP\/1.1 101 /)
})
