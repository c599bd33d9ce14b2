/** A session of the founder of a cluster of the fixed network, from Node, over a real WebSocket. */
import { once } from 'node:events'
import { signStatement } from '@baton/shared/crypto/statements'
import type { ClusterId, NodeId, UnixMs } from '@baton/shared/ids'
import type { FromAuthority } from '@baton/shared/protocol/control'
import { WebSocket } from 'ws'
import { GENESIS, NETWORK, NODE, OWNER_C1, SITE_X } from './fixed-network.ts'

export interface OpenedSession {
  readonly socket: WebSocket
  readonly welcome: Extract<FromAuthority, { t: 'welcome' }>
}

/** Resolves with the welcome; the cluster must be owned by `OWNER_C1`. */
export async function openSession(url: string, cluster: ClusterId): Promise<OpenedSession> {
  const node = GENESIS.clusters.find((candidate) => candidate.cluster === cluster)!.founder as NodeId
  const inCluster = { network: NETWORK, cluster, node }
  const validity = { issuedAt: 0 as UnixMs, expiresAt: 4_102_444_800_000 as UnixMs }
  const certificate = await signStatement(
    'certificate',
    { ...inCluster, key: NODE.publicKey, site: SITE_X, ...validity },
    OWNER_C1.privateKey,
  )
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/networks/${NETWORK}/clusters/${cluster}/session`)
  const challenge = await next(socket, 'challenge')
  const proof = await signStatement(
    'session',
    {
      ...inCluster,
      challenge: challenge.challenge,
      peerAddress: '127.0.0.1:7001',
      apiAddress: '127.0.0.1:8001',
      protocol: { min: 1, max: 1 },
      priority: 0,
      noFailover: false,
    },
    NODE.privateKey,
  )
  socket.send(JSON.stringify({ t: 'hello', certificate, proof }))
  return { socket, welcome: await next(socket, 'welcome') }
}

async function next<T extends FromAuthority['t']>(
  socket: WebSocket,
  expected: T,
): Promise<Extract<FromAuthority, { t: T }>> {
  const [data] = (await once(socket, 'message')) as [Buffer]
  const message = JSON.parse(data.toString()) as FromAuthority
  if (message.t !== expected) throw new Error(`expected ${expected}, got ${data}`)
  return message as Extract<FromAuthority, { t: T }>
}
