/** The local HTTP API's view of a running node. */
import { decodeStoredBlock } from '@baton/shared/codec/block'
import { unheldFor } from '@baton/shared/core/guard/held'
import { durableIndex } from '@baton/shared/core/guard/state'
import type { Application } from '@baton/shared/core/ledger/application'
import { answerQuery } from '@baton/shared/core/ledger/queries'
import { proveTransaction } from '@baton/shared/core/ledger/transaction-proof'
import { isLeading, type NodeState, tipHeight } from '@baton/shared/core/node/state'
import type { HashFunction } from '@baton/shared/core/step'
import { BatonError, type ErrorCode } from '@baton/shared/errors'
import type { Hash, Height, Instant, NodeId } from '@baton/shared/ids'
import type { NodeStore } from '@baton/shared/ports/node-store'
import type { PeerAddress, PeerLinks } from '@baton/shared/ports/peer-links'
import type {
  DecidedBlock,
  Health,
  MasterAddress,
  NodeRole,
  NodeService,
  NodeStatus,
  Submitted,
} from '../api/node-service.ts'
import type { OperatorDesk } from '../api/operator-desk.ts'
import type { NodeConfig } from '../config/types.ts'
import type { Mempool } from '../engines/embedded/mempool.ts'
import type { Greetings } from './greetings.ts'
import { quarantineOf, type Reason } from './health.ts'
import { knownMasters } from './known-masters.ts'
import type { NodeNotices } from './node-notices.ts'
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
  /** MJ1; null: the authority keeps the registry. */
  readonly member: { readonly up: boolean; readonly desk: OperatorDesk } | null
  readonly metrics: () => Promise<string>
  /** A submission has been answered after so long; `outcome` is `acknowledged` or the code of the refusal. */
  readonly submitted: (outcome: 'acknowledged' | ErrorCode, ms: number) => void
  /** What is wrong with this node now. */
  readonly reasons: () => readonly Reason[]
  readonly version: string
  /** All other nodes: of the configuration, and those that joined later (ID3). */
  readonly peers: () => ReadonlyMap<NodeId, PeerAddress>
  readonly notices: Pick<NodeNotices, 'aboutKeys'>
  /** Where the API of other nodes is, and which programs they run, as they told. */
  readonly greetings: Pick<Greetings, 'apiAddresses' | 'programsOf'>
}

export function nodeService(ports: NodeServicePorts): NodeService {
  const { state, store, hash, application, config } = ports
  const startedAt = ports.now()

  function master(): MasterAddress | null {
    const own = state().election.own
    if (own === null) return null
    if (own.node === config.node) return { node: own.node, apiAddress: config.advertise.api }
    const member = state().election.view?.members.find(({ node }) => node === own.node)
    return { node: own.node, apiAddress: ports.greetings.apiAddresses.get(own.node) ?? member?.apiAddress ?? null }
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
    const reasons = ports.reasons()
    return { healthy: reasons.length === 0, reasons }
  }

  async function submit(transaction: Uint8Array): Promise<Submitted> {
    const began = ports.now()
    try {
      const submitted = await ports.submissions.submit(transaction)
      ports.submitted('acknowledged', ports.now() - began)
      return submitted
    } catch (error) {
      ports.submitted(error instanceof BatonError ? error.code : 'INTERNAL', ports.now() - began)
      throw error
    }
  }

  function status(): NodeStatus {
    const { election, guard, chain } = state()
    const token = election.own?.token
    const heard = election.authority.answeredAt
    const { tip } = chain
    const linked = ports.links.open().map(({ node }) => node)
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
      electable: state().resync === null && !config.noFailover && quarantineOf(state()) === null,
      quarantine: quarantineOf(state()),
      stalled: isStalled(),
      resync: state().resync,
      authority: {
        connected: ports.authorityConnected(),
        heardMsAgo: heard === null ? null : Math.round(ports.now() - heard),
      },
      arbiter: arbiter(),
      peers: {
        connected: linked.length,
        configured: ports.peers().size,
        programs: ports.greetings.programsOf(linked),
      },
      mempool: ports.mempool.size,
      uptimeMs: Math.round(ports.now() - startedAt),
      residentBytes: process.memoryUsage.rss(),
    }
  }

  function arbiter(): NodeStatus['arbiter'] {
    const { member } = ports
    return member === null
      ? { kind: 'edge', inReach: ports.authorityConnected() }
      : { kind: 'majority', inReach: member.up }
  }

  function block(height: Height | 'latest'): DecidedBlock | null {
    const stored = store.block(height === 'latest' ? tipHeight(state()) : height)
    if (stored === null) return null
    const decoded = decodeStoredBlock(hash, stored.bytes)
    if (!decoded.ok) throw new BatonError('STORAGE_DAMAGED', `block ${height}: ${decoded.why}`)
    return { block: decoded.value, certificate: stored.certificate, result: stored.result }
  }

  return {
    operators: ports.member?.desk ?? null,
    submit,
    master,
    masters: () =>
      knownMasters(config, state(), ports.greetings.apiAddresses, ports.peers(), ports.notices.aboutKeys()),
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
