import type { ClusterId, Jws, NodeId } from '@baton/shared/ids'
import type { ControlReply } from '@baton/shared/ports/control-link'
import { decodePeer, encodePeer } from '@baton/shared/protocol/peer-codec'
import { expect, test } from 'vitest'
import { ClaimRelay } from '../../../node-runtime/src/daemon/claim-relay.ts'

const CLUSTER = 'c1' as ClusterId
const CLAIM = 'Y2xhaW0.YQ.Yg' as Jws
const CERTIFICATE = 'Y2VydA.YQ.Yg' as Jws
const REFUSED: ControlReply = {
  ok: false,
  code: 'MASTER_ALIVE',
  why: 'heard 100 ms ago',
  retryAfterMs: 900,
  state: null,
}
const UNREACHABLE: ControlReply = { ok: false, code: 'UNREACHABLE', why: 'no route', retryAfterMs: null, state: null }

/** A node and its peers, joined by the real codec; each peer gets `answers[i]` from the authority. */
function cluster(answers: readonly ControlReply[], revoked: readonly string[] = []) {
  const brought: string[] = []
  const names = ['c1-n1', ...answers.map((_, i) => `c1-n${i + 2}`)] as NodeId[]
  const relays = new Map<NodeId, ClaimRelay>()
  for (const [place, self] of names.entries()) {
    relays.set(
      self,
      new ClaimRelay({
        certificate: () => CERTIFICATE,
        peers: () => names.filter((node) => node !== self).map((node) => ({ node, cluster: CLUSTER })),
        send(to, message) {
          const decoded = decodePeer(encodePeer(message))
          if (!decoded.ok) throw new Error(decoded.why)
          const { message: arrived } = decoded
          if (arrived.t === 'relayClaim' || arrived.t === 'relayReply') relays.get(to)?.onPeer(self, arrived)
          return true
        },
        isRevoked: (node) => revoked.includes(node),
        async bring(claim, certificate) {
          brought.push(`${self} ${claim} ${certificate}`)
          return answers[place - 1] ?? UNREACHABLE
        },
      }),
    )
  }
  return { asker: relays.get('c1-n1' as NodeId)!, brought }
}

test('[RG2] a claim that its author cannot bring itself is carried by any peer that reaches the authority', async () => {
  const { asker, brought } = cluster([UNREACHABLE, REFUSED])
  expect(await asker.ask(CLAIM)).toEqual(REFUSED)
  expect(brought).toEqual([`c1-n2 ${CLAIM} ${CERTIFICATE}`, `c1-n3 ${CLAIM} ${CERTIFICATE}`])
})

test('[RG2] when no peer reaches the authority either, the claim stays unanswered', async () => {
  expect(await cluster([UNREACHABLE, UNREACHABLE]).asker.ask(CLAIM)).toBe(null)
  expect(await cluster([]).asker.ask(CLAIM)).toBe(null)
})

test('[ID8] nobody carries a claim of a node whose key is revoked', async () => {
  const { asker, brought } = cluster([REFUSED], ['c1-n1'])
  expect(await asker.ask(CLAIM)).toMatchObject({
    ok: false,
    code: 'CERTIFICATE_REVOKED',
    why: 'the key of c1-n1 is revoked',
  })
  expect(brought).toEqual([])
})
