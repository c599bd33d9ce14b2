/** The member of a majority that runs in this node (MJ1), where genesis says that the members of its cluster are their own arbiter. */
import { randomBytes } from 'node:crypto'
import type { ArbiterEvent } from '@baton/shared/core/arbiter/messages'
import type { NodeInput } from '@baton/shared/core/node/io'
import type { Member } from '@baton/shared/core/registry/types'
import type { Trust } from '@baton/shared/crypto/authority-keys'
import { keysOfMember } from '@baton/shared/crypto/member-keys'
import { BatonError, type ErrorCode } from '@baton/shared/errors'
import { clusterOf } from '@baton/shared/genesis-schema'
import type { ClusterId, NodeId, PublicKey } from '@baton/shared/ids'
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
 * @throws BatonError IDENTITY_INVALID when this node is no member, or another key than this one is its present one, STORAGE_FULL, STORAGE_FAILED, STORAGE_DAMAGED
 */
export function openMember(parts: MemberParts): MemberBridge | null {
  const { config, identity, notices, membership, credentials, metrics, log, enqueue } = parts
  const { trust, revocations } = notices
  const cluster = clusterOf(config.genesis, config.cluster)
  if (cluster?.arbiter === undefined) return null
  const { arbiter } = cluster
  checkMember(trust, config.cluster, config.node, identity.keys.publicKey)
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
    self,
    privateKey: identity.keys.privateKey,
    store,
    views: new RegistryViews({ genesis: trust, credentials, enqueue, onMembers, log, shownBy: 'the members' }),
    mirror: new EdgeMirror({ send: parts.toEdge, log }),
    observe: (event: ArbiterEvent) => logArbiterEvent(log, event),
  })
}

function checkMember(trust: Trust, cluster: ClusterId, node: NodeId, key: PublicKey): void {
  const keys = keysOfMember(trust, cluster, node)
  if (keys.at(-1) === key) return
  const said = `this node cannot be a member of ${cluster}`
  if (keys.length === 0) {
    const members = clusterOf(trust, cluster)?.arbiter?.members ?? []
    const names = members.map((member) => member.node).join(', ')
    throw new BatonError(
      'IDENTITY_INVALID',
      `${said}: ${node} is not among the members that are its arbiter (${names})`,
      {
        remedy:
          'the names of the members are fixed in genesis (MJ1): start one of those, or set node in its configuration',
      },
    )
  }
  const why = keys.includes(key)
    ? `its owner has replaced the key of ${node} by ${keys.at(-1)}`
    : `${node} is known with the key ${keys.at(-1)}, and this one is ${key}`
  throw new BatonError('IDENTITY_INVALID', `${said}: ${why}`, {
    remedy:
      'start the node with its present key; where that is lost, or this one is new, its owner must say so first: baton node replace-key, then baton key install --notices (MJ1)',
  })
}
