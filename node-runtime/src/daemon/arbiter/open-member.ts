/** The member of a majority that runs in this node (MJ1), where genesis says that the members of its cluster are their own arbiter. */
import { randomBytes } from 'node:crypto'
import type { ArbiterEvent } from '@baton/shared/core/arbiter/messages'
import type { NodeInput } from '@baton/shared/core/node/io'
import type { Member } from '@baton/shared/core/registry/types'
import { BatonError, type ErrorCode } from '@baton/shared/errors'
import type { GenesisCluster, MajorityArbiter } from '@baton/shared/genesis'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { NodeId, PublicKey } from '@baton/shared/ids'
import type { Clock } from '@baton/shared/ports/clock'
import type { ControlNotice } from '@baton/shared/ports/control-link'
import type { Log } from '@baton/shared/ports/log'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { Metrics } from '../../adapters/metrics.ts'
import { openSeatStore } from '../../adapters/seat-store.ts'
import type { NodeConfig } from '../../config/types.ts'
import type { NodeIdentity } from '../../identity/load-identity.ts'
import type { Credentials } from '../credentials.ts'
import type { Membership } from '../membership.ts'
import type { NodeNotices } from '../node-notices.ts'
import { EdgeMirror } from './edge-mirror.ts'
import { logArbiterEvent } from './log-arbiter-event.ts'
import { MemberBridge } from './member-bridge.ts'
import { RegistryViews, type RegistryViewsPorts } from './registry-views.ts'

export interface MemberParts {
  readonly config: NodeConfig
  readonly identity: NodeIdentity
  readonly notices: Pick<NodeNotices, 'trust' | 'revocations'>
  readonly membership: Pick<Membership, 'certificate' | 'expiresAt' | 'onMembers'>
  readonly credentials: Credentials
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Log
  readonly enqueue: (input: NodeInput) => void
  readonly send: (to: NodeId, message: PeerMessage) => boolean
  readonly toEdge: (notice: ControlNotice) => boolean
  readonly refused: (from: NodeId, code: ErrorCode, why: string) => void
  readonly fail: (error: unknown) => void
}

/**
 * Null: the authority keeps the registry.
 * @throws BatonError IDENTITY_INVALID when genesis does not name this node with this key, STORAGE_FULL, STORAGE_FAILED, STORAGE_DAMAGED
 */
export function openMember(parts: MemberParts): MemberBridge | null {
  const { config, identity, notices, membership, credentials, metrics, log, enqueue } = parts
  const { trust, revocations } = notices
  const cluster = clusterOf(config.genesis, config.cluster)
  if (cluster?.arbiter === undefined) return null
  const { arbiter } = cluster
  checkMember(cluster, arbiter, config.node, identity.keys.publicKey)
  const store = openSeatStore({
    folder: config.dataFolder,
    injectFsyncMs: config.injectFsyncMs,
    onCommit: (ms) => metrics.observe('baton_commit_seconds', ms / 1_000),
  })
  const self = (): Member => {
    const { certificate, expiresAt } = membership
    const { node, site, priority, noFailover, advertise } = config
    const said = { peerAddress: advertise.peer, apiAddress: advertise.api, priority, noFailover }
    return { node, site, ...said, certificate, key: identity.keys.publicKey, expiresAt }
  }
  const { network } = config.genesis
  const { founder, policy } = cluster
  const names = arbiter.members.map(({ node }) => node).sort()
  const onMembers: RegistryViewsPorts['onMembers'] = (shown) => membership.onMembers(shown)
  return new MemberBridge({
    ...parts,
    trust,
    revocations,
    config: { member: self(), network, cluster: config.cluster, founder, policy, members: names },
    life: `${config.node}/${randomBytes(12).toString('base64url')}`,
    arbiter,
    self,
    privateKey: identity.keys.privateKey,
    store,
    views: new RegistryViews({ genesis: trust, credentials, enqueue, onMembers, log, shownBy: 'the members' }),
    mirror: new EdgeMirror({ send: parts.toEdge, log }),
    observe: (event: ArbiterEvent) => logArbiterEvent(log, event),
  })
}

function checkMember({ cluster }: GenesisCluster, { members }: MajorityArbiter, node: NodeId, key: PublicKey): void {
  const named = members.find((member) => member.node === node)
  if (named?.key === key) return
  const names = members.map((member) => member.node).join(', ')
  const why =
    named === undefined
      ? `${node} is not among the members that are the arbiter of ${cluster} (${names})`
      : `genesis names ${node} as an arbiter of ${cluster} with another key than this one`
  throw new BatonError('IDENTITY_INVALID', `this node cannot be a member of ${cluster}: ${why}`, {
    remedy:
      'the members of such a cluster, and their keys, are fixed in genesis (MJ1): start the node with the key that it was created with',
  })
}
