/** The local HTTP API's view of a running node. */
import { decodeStoredBlock } from '@baton/shared/codec/block'
import { unheldFor } from '@baton/shared/core/guard/held'
import { durableIndex } from '@baton/shared/core/guard/state'
import type { Application } from '@baton/shared/core/ledger/application'
import { answerQuery } from '@baton/shared/core/ledger/queries'
import { proveTransaction } from '@baton/shared/core/ledger/transaction-proof'
import { isLeading, type NodeState, tipHeight } from '@baton/shared/core/node/state'
import type { HashFunction } from '@baton/shared/core/step'
import { BatonError } from '@baton/shared/errors'
import type { Hash, Height, Instant } from '@baton/shared/ids'
import type { NodeStore } from '@baton/shared/ports/node-store'
import type { PeerLinks } from '@baton/shared/ports/peer-links'
import type { DecidedBlock, Health, MasterAddress, NodeRole, NodeService, NodeStatus } from '../api/node-service.ts'
import type { NodeConfig } from '../config/types.ts'
import type { Mempool } from '../engines/embedded/mempool.ts'
import type { Submissions } from './submissions.ts'

export interface NodeServicePorts {
  readonly config: NodeConfig
  readonly state: () => NodeState
  readonly store: NodeStore
  readonly application: Application
  readonly hash: HashFunction
  readonly genesisResult: Hash
  readonly links: PeerLinks
  readonly mempool: Mempool
  readonly submissions: Submissions
  readonly now: () => Instant
  readonly authorityConnected: () => boolean
  /** ID8: why its certificate needs somebody, or null. */
  readonly certificateAlert: () => string | null
  readonly metrics: () => Promise<string>
  readonly version: string
  /** API addresses other nodes told in their greetings. */
  readonly apiAddresses: ReadonlyMap<string, string>
}

export function nodeService(ports: NodeServicePorts): NodeService {
  const { state, store, hash, application, config } = ports
  const startedAt = ports.now()

  function master(): MasterAddress | null {
    const own = state().election.own
    if (own === null) return null
    if (own.node === config.node) return { node: own.node, apiAddress: config.advertise.api }
    const member = state().election.view?.members.find(({ node }) => node === own.node)
    return { node: own.node, apiAddress: ports.apiAddresses.get(own.node) ?? member?.apiAddress ?? null }
  }

  function role(): NodeRole {
    const { r } = state().election.role
    if (isLeading(state())) return 'master'
    if (r === 'starting') return 'starting'
    if (r === 'stopped') return 'stopped'
    return isStandby() ? 'standby' : 'ordinary'
  }

  function isStandby(): boolean {
    const { election, resync } = state()
    const { view, own } = election
    // EL6: what the registry has not heard yet: this node would not stand.
    if (isLeading(state()) || resync !== null || own?.node === config.node) return false
    return view?.syncSet.includes(config.node) ?? false
  }

  function isStalled(): boolean {
    return unheldFor(state().guard, ports.now()) >= config.timing.suspectAfterMs
  }

  function health(): Health {
    const reasons: { code: string; why: string }[] = []
    const { election, resync, guard } = state()
    if (election.own === null) reasons.push({ code: 'no-master', why: 'no master of this cluster is known yet' })
    if (!ports.authorityConnected()) {
      reasons.push({
        code: 'authority-down',
        why: 'the authentication node is out of reach; the chain goes on, a failover waits',
      })
    }
    const certificate = ports.certificateAlert()
    if (certificate !== null) reasons.push({ code: 'certificate-expires', why: certificate })
    if (resync !== null) reasons.push({ code: 'resync', why: resync })
    if (isStalled()) reasons.push({ code: 'stalled', why: 'the sync set does not acknowledge' })
    if (guard.role.role === 'following' && !guard.role.attached) {
      reasons.push({ code: 'not-following', why: 'this node does not receive its master’s log' })
    }
    if (election.role.r === 'frozen') reasons.push({ code: 'token-conflict', why: 'two grants of one token were seen' })
    return { healthy: reasons.length === 0, reasons }
  }

  function status(): NodeStatus {
    const { election, guard, chain } = state()
    const token = election.own?.token
    const heard = election.authority.answeredAt
    const { tip } = chain
    const syncSet = guard.role.role === 'leading' ? guard.role.required.syncSet : (election.view?.syncSet ?? [])
    return {
      network: config.genesis.network,
      cluster: config.cluster,
      node: config.node,
      site: config.site,
      version: ports.version,
      role: role(),
      generation: token?.generation ?? (0 as never),
      epoch: token?.epoch ?? (0 as never),
      master: master(),
      syncSet,
      height: tip.height,
      blockHash: tip.height === 0 ? null : tip.hash,
      resultHash: tip.result,
      durableIndex: durableIndex(guard),
      heldIndex: guard.role.role === 'leading' ? guard.role.held : guard.knownHeld,
      electable: state().resync === null && !config.noFailover,
      stalled: isStalled(),
      resync: state().resync,
      authority: {
        connected: ports.authorityConnected(),
        heardMsAgo: heard === null ? null : Math.round(ports.now() - heard),
      },
      peers: { connected: ports.links.open().length, configured: config.peers.length },
      mempool: ports.mempool.size,
      uptimeMs: Math.round(ports.now() - startedAt),
      residentBytes: process.memoryUsage.rss(),
    }
  }

  function block(height: Height | 'latest'): DecidedBlock | null {
    const stored = store.block(height === 'latest' ? tipHeight(state()) : height)
    if (stored === null) return null
    const decoded = decodeStoredBlock(hash, stored.bytes)
    if (!decoded.ok) throw new BatonError('STORAGE_DAMAGED', `block ${height}: ${decoded.why}`)
    return { block: decoded.value, certificate: stored.certificate, result: stored.result }
  }

  return {
    submit: (transaction) => ports.submissions.submit(transaction),
    master,
    transaction: (id) => proveTransaction(hash, store, ports.genesisResult, id),
    block,
    query(path) {
      const answer = answerQuery(state().chain, path, { hash, reader: store, application })
      if (!answer.ok) throw new BatonError(answer.code, answer.why)
      return answer.value
    },
    status,
    health,
    isMaster: () => isLeading(state()),
    isStandby,
    metrics: ports.metrics,
  }
}
