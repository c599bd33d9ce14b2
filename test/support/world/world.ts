/**
 * A whole network in one thread and virtual time: the real node and registry machines, their disks, links and sessions,
 * and faults by command. Nothing in here decides anything that production code decides.
 */
import { decodeBlock } from '@baton/shared/codec/block'
import { decodeCertificate } from '@baton/shared/codec/certificate'
import { decodeSigned, encodeTransaction, joinSignature } from '@baton/shared/codec/transaction'
import type { Vote } from '@baton/shared/core/consensus/messages'
import { LAN_TIMEOUTS } from '@baton/shared/core/consensus/timeouts'
import { genesisChain } from '@baton/shared/core/ledger/chain'
import { checkCertificate, lookupIn } from '@baton/shared/core/ledger/check-certificate'
import { openTransactions } from '@baton/shared/core/ledger/open-transactions'
import { RecordsAndTransfers } from '@baton/shared/core/ledger/records-and-transfers'
import { loadChain } from '@baton/shared/core/ledger/stored-chain'
import { applyMasterships, type TokenTable } from '@baton/shared/core/ledger/tokens'
import type { Block, CommitCertificate, SignedTransaction } from '@baton/shared/core/ledger/types'
import type { BlockFacts } from '@baton/shared/core/node/facts'
import type { CertifiedBlock, NodeEvent, NodeInput, NodeSend } from '@baton/shared/core/node/io'
import { nodeStep } from '@baton/shared/core/node/machine'
import { knownCredentials } from '@baton/shared/core/node/mastership'
import { openNode } from '@baton/shared/core/node/open'
import { type CoreNodeConfig, isLeading, type NodeState } from '@baton/shared/core/node/state'
import { sha256 } from '@baton/shared/crypto/hash-node'
import type { Claim, Mastership, Reshape, Resignation } from '@baton/shared/crypto/statement-types'
import type { Genesis } from '@baton/shared/genesis'
import type { ClusterId, Hash, Height, Instant, Jws, Ms, NetworkId, NodeId, PublicKey, SiteId } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import { decodePeer, encodePeer } from '@baton/shared/protocol/peer-codec'
import { MemoryDisk, MemoryStore } from '../memory-store.ts'
import { WorldAuthority } from './authority.ts'
import { Random } from './random.ts'
import { certificateOf, keyOf, openCredential, signAs } from './statements.ts'

const NETWORK = 'world' as NetworkId
const BUCKETS = 256
const LATENCY_MS = 0.3
const EDGE_LATENCY_MS = 2

export interface WorldOptions {
  readonly clusters: number
  readonly nodes: number
  readonly seed?: number
  readonly heartbeatBlockMs?: number
}

interface Host {
  readonly node: NodeId
  readonly cluster: ClusterId
  readonly site: SiteId
  disk: MemoryDisk
  store: MemoryStore
  state: NodeState
  /** Raised by each start: events of an older life are dropped. */
  life: number
  alive: boolean
  frozen: boolean
  /** What arrived while frozen. */
  backlog: NodeInput[]
  session: string | null
  challenge: string
  readonly mempool: Map<Hash, SignedTransaction>
  readonly timers: Map<string, number>
  readonly events: { readonly at: Instant; readonly event: NodeEvent }[]
  readonly executed: Map<number, { readonly hash: Hash; readonly result: Hash }>
}

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class World {
  readonly genesis: Genesis
  readonly hosts = new Map<NodeId, Host>()
  readonly authorities = new Map<ClusterId, WorldAuthority>()
  readonly random: Random
  readonly application: RecordsAndTransfers
  now = 1_000 as Instant
  edgeUp = true
  /** Every vote that left a cluster: what receivers would have logged. */
  readonly votes: Vote[] = []
  /** Transactions whose block was held by the cluster that was asked. */
  readonly acknowledged = new Set<Hash>()
  readonly rejected: { readonly node: NodeId; readonly why: string }[] = []
  readonly #links = new Set<string>()
  readonly #cut = new Set<string>()
  readonly #queue: Due[] = []
  #order = 0

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed ?? 1)
    const ids = Array.from({ length: options.clusters }, (_, i) => `c${i + 1}` as ClusterId)
    const nodesOf = (cluster: ClusterId) =>
      Array.from({ length: options.nodes }, (_, i) => `${cluster}-n${i + 1}` as NodeId)
    this.genesis = {
      format: 'baton-genesis/1',
      network: NETWORK,
      createdAt: '2026-01-01T00:00:00Z',
      authorityKeys: [],
      application: 'records-and-transfers',
      heartbeatBlockMs: options.heartbeatBlockMs ?? 10_000,
      clusters: ids.map((cluster) => ({
        cluster,
        ownerKeys: [],
        founder: `${cluster}-n1` as NodeId,
        policy: {
          heartbeatMs: 50,
          suspectAfterMs: 500,
          masterTtlMs: 1_000,
          startupGraceMs: 2_000,
          durability: 'preferred',
          syncReplicas: 1,
        },
      })),
    }
    this.application = new RecordsAndTransfers(this.genesis)
    for (const { cluster, founder, policy } of this.genesis.clusters) {
      this.authorities.set(
        cluster,
        new WorldAuthority(NETWORK, cluster, founder, policy, {
          now: () => this.now,
          deliver: (node, send, view) => this.#fromAuthority(node, send, view),
          granted: (view) => this.#broadcastTable(view),
        }),
      )
    }
    for (const [c, cluster] of ids.entries()) {
      for (const [n, node] of nodesOf(cluster).entries()) {
        // Two companies: standby at the other site, the others at home (DESIGN section 9).
        const home = c < ids.length / 2 ? 'x' : 'y'
        const site = (n === 1 ? (home === 'x' ? 'y' : 'x') : home) as SiteId
        this.#addHost(node, cluster, site)
      }
    }
    for (const host of this.hosts.values()) this.start(host.node)
  }

  host(node: string): Host {
    const host = this.hosts.get(node as NodeId)
    if (host === undefined) throw new Error(`no host ${node}`)
    return host
  }

  nodesOf(cluster: string): Host[] {
    return [...this.hosts.values()].filter((host) => host.cluster === cluster)
  }

  masterOf(cluster: string): Host | null {
    return this.nodesOf(cluster).find((host) => host.alive && isLeading(host.state)) ?? null
  }

  /** Runs until nothing is due before `until`, or `done` holds; false when time ran out first. */
  run(durationMs: number, done: () => boolean = () => false): boolean {
    const until = this.now + durationMs
    while (!done()) {
      const next = this.#queue[0]
      if (next === undefined || next.at > until) {
        this.now = until as Instant
        return done()
      }
      this.#pop()
      this.now = Math.max(this.now, next.at) as Instant
      next.run()
    }
    return true
  }

  submit(node: string, key: string, value = 'v'): Hash {
    const host = this.host(node)
    const unsigned = encodeTransaction({
      network: NETWORK,
      sender: keyOf(host.node),
      nonce: `${key}-${this.#order++}`,
      action: { kind: 'put', key, value },
    })
    const decoded = decodeSigned(sha256, joinSignature(unsigned, new Uint8Array(64)))
    if (!decoded.ok) throw new Error(decoded.why)
    for (const each of this.hosts.values()) {
      if (!each.alive || !isLeading(each.state)) continue
      each.mempool.set(decoded.value.id, decoded.value)
      this.feed(each, { i: 'work' })
    }
    return decoded.value.id
  }

  kill(node: string): void {
    const host = this.host(node)
    if (!host.alive) return
    host.alive = false
    host.life += 1
    host.timers.clear()
    host.mempool.clear()
    host.store.close()
    for (const peer of this.hosts.values()) if (peer !== host) this.#unlink(host, peer)
    this.#closeSession(host)
  }

  start(node: string): void {
    const host = this.host(node)
    if (host.alive) return
    host.life += 1
    host.alive = true
    host.frozen = false
    host.store = new MemoryStore(host.disk)
    const origin = this.#origin()
    const chain = host.store.tip() === 0 ? genesisChain(sha256, origin) : loadChain(sha256, origin, host.store)
    host.state = openNode(this.#config(host), host.store.load(), chain, sha256, this.now)
    this.feed(host, { i: 'start', nonceSeed: `seed-${node}-${host.life}` })
    const life = host.life
    this.#after(5, () => {
      if (host.life !== life) return
      for (const peer of this.hosts.values()) if (peer !== host) this.#link(host, peer)
      this.#openSession(host)
    })
  }

  /** SIGSTOP: links and sessions stay, nothing answers. */
  freeze(node: string): void {
    this.host(node).frozen = true
  }

  thaw(node: string): void {
    const host = this.host(node)
    host.frozen = false
    const backlog = host.backlog
    host.backlog = []
    for (const input of backlog) this.feed(host, input)
  }

  wipe(node: string): void {
    const host = this.host(node)
    if (host.alive) throw new Error('wipe a dead host')
    host.disk = new MemoryDisk()
  }

  cut(a: string, b: string): void {
    this.#cut.add(pair(a, b))
    this.#unlink(this.host(a), this.host(b))
  }

  mend(a: string, b: string): void {
    this.#cut.delete(pair(a, b))
    this.#link(this.host(a), this.host(b))
  }

  cutEdge(node?: string): void {
    if (node !== undefined) {
      this.#cut.add(pair(node, 'edge'))
      this.#closeSession(this.host(node))
      return
    }
    this.edgeUp = false
    for (const host of this.hosts.values()) this.#closeSession(host)
  }

  mendEdge(node?: string): void {
    if (node !== undefined) this.#cut.delete(pair(node, 'edge'))
    else {
      this.edgeUp = true
      for (const authority of this.authorities.values()) authority.restart()
    }
    for (const host of this.hosts.values()) if (host.alive) this.#openSession(host)
  }

  feed(host: Host, input: NodeInput): void {
    const life = host.life
    this.#after(0, () => {
      if (host.life !== life || !host.alive) return
      if (host.frozen) host.backlog.push(input)
      else this.#step(host, input)
    })
  }

  #step(host: Host, input: NodeInput): void {
    const step = nodeStep(host.state, input, {
      now: this.now,
      hash: sha256,
      log: host.store,
      chain: host.store,
      application: this.application,
    })
    host.state = step.state
    for (const send of step.stream ?? []) this.#perform(host, send)
    if (step.write.length > 0) {
      host.store.apply(step.write)
      host.store.commit()
    }
    for (const send of step.send) this.#perform(host, send)
    for (const { name, after } of step.timers) this.#setTimer(host, name, after)
    for (const event of step.events) host.events.push({ at: this.now, event })
    if (step.rejected !== undefined) this.rejected.push({ node: host.node, why: `${input.i}: ${step.rejected.why}` })
  }

  #perform(host: Host, send: NodeSend): void {
    switch (send.s) {
      case 'self':
        this.feed(host, send.input)
        return
      case 'peer':
        this.#message(host, send.to, send.message)
        return
      case 'probe': {
        const peer = this.host(send.peer)
        const cut = this.#cut.has(pair(host.node, peer.node))
        const result = cut ? 'timeout' : peer.alive ? 'open' : 'refused'
        this.#after(cut ? 50 : LATENCY_MS * 2, () => this.feed(host, { i: 'probed', peer: send.peer, result }))
        return
      }
      case 'sign':
        this.#sign(host, send)
        return
      case 'getTransactions': {
        const { height, round } = send
        const transactions = [...host.mempool.values()]
        this.feed(host, { i: 'transactions', height, round, transactions, time: Math.floor(this.now) })
        return
      }
      case 'heightStarted':
        if (host.mempool.size > 0) this.feed(host, { i: 'work' })
        return
      case 'executed':
        for (const { id } of send.receipts) host.mempool.delete(id)
        host.executed.set(send.block.header.height, { hash: send.block.hash, result: send.result })
        return
      case 'heldHeight': {
        const stored = host.store.block(send.height)
        const block = stored === null ? null : decodeBlock(sha256, stored.bytes)
        const decided = host.state.decided.get(send.height)
        const body = decided === undefined ? null : host.state.bodies.get(decided.certificate.block)?.block
        const bytes = block?.ok ? block.value.transactions : (body?.transactions ?? [])
        const opened = openTransactions(sha256, bytes)
        if (opened.ok) for (const { id } of opened.value) this.acknowledged.add(id)
        return
      }
      case 'verifyCertificate': {
        const facts = this.#certified(send.block, send.certificate, host.state.chain.tokens)
        const { height } = send.block.header
        this.feed(host, {
          i: 'certified',
          height,
          block: send.block.hash,
          ok: facts !== null,
          why: 'the certificate does not verify',
          facts: facts?.facts ?? {
            transactions: null,
            masterships: [],
            commitVerified: false,
            mastershipOf: () => undefined,
          },
        })
        return
      }
      case 'verifyCredentials': {
        const grants = send.credentials.map(openCredential).filter((grant) => grant !== null)
        this.feed(host, { i: 'granted', from: null, grants })
        return
      }
      case 'signResignation': {
        const { resignation } = send
        const signed = `r.${Buffer.from(JSON.stringify(resignation)).toString('base64url')}.s` as Jws
        this.feed(host, { i: 'resignationSigned', token: resignation, resignation: signed })
        return
      }
      case 'report':
        this.#toAuthority(host, (authority, session) =>
          authority.input({ i: 'report', node: host.node, session, report: send.message }),
        )
        return
      case 'confirm':
        this.#toAuthority(host, (authority, session) =>
          authority.input({
            i: 'confirm',
            from: { channel: session, request: -2 },
            node: host.node,
            token: send.message.token,
          }),
        )
        return
      case 'claim':
        this.#claim(host, send.request, send.claim)
        return
      case 'reshape': {
        const { token, syncSet, version } = send
        const reshape: Reshape = {
          network: NETWORK,
          cluster: host.cluster,
          ...token,
          version,
          node: host.node,
          syncSet,
        }
        this.#toAuthority(host, (authority, session) =>
          authority.input({
            i: 'reshape',
            from: { channel: session, request: -1 },
            reshape,
            statement: 's.s.s' as Jws,
          }),
        )
        return
      }
      case 'mastership':
        if (!send.master) host.mempool.clear()
        return
    }
  }

  #sign(host: Host, send: Extract<NodeSend, { s: 'sign' }>): void {
    const { token, act } = send
    const message = Buffer.from(JSON.stringify(act))
    const signature = signAs(host.node, message)
    if (act.act === 'vote') {
      const vote: Vote = { ...act.vote, signature }
      this.votes.push(vote)
      this.feed(host, { i: 'signed', token, signed: { act: 'vote', vote } })
    } else
      this.feed(host, { i: 'signed', token, signed: { act: 'proposal', proposal: { ...act.proposal, signature } } })
  }

  #message(from: Host, to: NodeId, message: PeerMessage): void {
    if (!this.#links.has(pair(from.node, to))) return
    // Through the real codec: what it cannot carry would not arrive.
    const decoded = decodePeer(encodePeer(message))
    if (!decoded.ok) throw new Error(`${message.t}: ${decoded.why}`)
    const receiver = this.host(to)
    const life = receiver.life
    this.#after(LATENCY_MS, () => {
      if (receiver.life !== life || !receiver.alive || !this.#links.has(pair(from.node, to))) return
      this.#receive(receiver, from.node, decoded.message)
    })
  }

  #receive(host: Host, from: NodeId, message: PeerMessage): void {
    switch (message.t) {
      case 'vote':
        this.feed(host, { i: 'vote', from, vote: message.vote })
        return
      case 'proposal': {
        const block = decodeBlock(sha256, message.body)
        if (!block.ok) throw new Error(block.why)
        this.#proposal(host, from, message.proposal, block.value, 0)
        return
      }
      case 'hello':
      case 'inform': {
        const grants = message.credentials.map(openCredential).filter((grant) => grant !== null)
        if (grants.length > 0) this.feed(host, { i: 'granted', from, grants })
        return
      }
      case 'handover': {
        const resignation = openResignation(message.resignation)
        if (resignation === null || resignation.node !== from) return
        this.feed(host, {
          i: 'handover',
          from,
          token: resignation,
          to: resignation.to,
          resignation: message.resignation,
        })
        return
      }
      case 'blocks': {
        const blocks: CertifiedBlock[] = []
        let table = host.state.chain.tokens
        for (const stored of message.blocks) {
          const block = decodeBlock(sha256, stored.block)
          const certificate = decodeCertificate(stored.certificate)
          if (!block.ok || !certificate.ok) throw new Error('a stored block cannot be read')
          if (block.value.header.height <= host.state.chain.tip.height) continue
          const checked = this.#certified(block.value, certificate.value, table)
          if (checked === null) break
          table = checked.after
          blocks.push({ block: block.value, certificate: certificate.value, facts: checked.facts })
        }
        this.feed(host, { i: 'blocks', from, request: message.request, height: message.height as Height, blocks })
        return
      }
      case 'transactions':
      case 'submit':
      case 'submitResult':
        return
      default:
        this.feed(host, { i: 'peer', from, message })
    }
  }

  #proposal(
    host: Host,
    from: NodeId,
    proposal: Extract<PeerMessage, { t: 'proposal' }>['proposal'],
    block: Block,
    tries: number,
  ): void {
    if (proposal.height > host.state.chain.tip.height + 1 && tries < 100) {
      const life = host.life
      this.#after(1, () => host.life === life && this.#proposal(host, from, proposal, block, tries + 1))
      return
    }
    const opened = openTransactions(sha256, block.transactions)
    if (!opened.ok) throw new Error(opened.why)
    const masterships = mastershipsOf(block)
    const extra = (block.lastCommit?.credentials ?? []).map(openCredential).map((grant) => grant?.mastership)
    const lookup = lookupIn(
      host.state.chain.tokens.masterships.values(),
      extra.filter((mastership): mastership is Mastership => mastership !== undefined),
    )
    const facts: BlockFacts = { transactions: opened.value, masterships, commitVerified: true, mastershipOf: lookup }
    this.feed(host, { i: 'proposal', from, proposal, block, facts })
  }

  #certified(
    block: Block,
    certificate: CommitCertificate,
    table: TokenTable,
  ): { facts: BlockFacts; after: TokenTable } | null {
    const masterships = mastershipsOf(block)
    const after = applyMasterships(sha256, table, masterships)
    if (!after.ok) return null
    const extra = certificate.credentials.map(openCredential).map((grant) => grant?.mastership)
    const known = extra.filter((mastership): mastership is Mastership => mastership !== undefined)
    const check = checkCertificate(certificate, after.value, lookupIn(after.value.masterships.values(), known))
    if (!check.ok) return null
    const facts: BlockFacts = { transactions: null, masterships, commitVerified: true, mastershipOf: () => undefined }
    return { facts, after: after.value }
  }

  #fromAuthority(
    node: NodeId,
    send: Parameters<ConstructorParameters<typeof WorldAuthority>[4]['deliver']>[1],
    view: RegistryView | null,
  ): void {
    const host = this.host(node)
    const life = host.life
    const { session } = host
    this.#after(EDGE_LATENCY_MS, () => {
      if (host.life !== life || host.session !== session) return
      const grant = view === null ? null : openCredential(view.credential)
      const learn = () => {
        if (grant !== null) this.feed(host, { i: 'granted', from: null, grants: [grant] })
      }
      switch (send.s) {
        case 'heard':
          this.feed(host, { i: 'heardByAuthority', report: send.report, version: view?.version ?? (0 as never) })
          return
        case 'broadcast':
        case 'state':
          learn()
          if (view !== null) this.feed(host, { i: 'view', view })
          return
        case 'reply': {
          learn()
          const { request } = send.to
          if (request < 0) {
            if (view !== null) this.feed(host, { i: 'view', view })
            return
          }
          const { outcome } = send
          if (outcome.ok && view !== null)
            this.feed(host, { i: 'claimReply', request, outcome: { ok: true, state: view } })
          else if (!outcome.ok) this.feed(host, { i: 'claimReply', request, outcome: { ...outcome, state: view } })
          return
        }
        case 'sessionClosed':
          this.feed(host, { i: 'sessionClosed', node: send.node })
          return
        case 'closeSession':
        case 'directory':
          return
      }
    })
  }

  /** The directory: every node of every cluster learns of a grant (NW2). */
  #broadcastTable(view: RegistryView): void {
    const grant = openCredential(view.credential)
    if (grant === null) return
    for (const host of this.hosts.values()) {
      if (host.session === null) continue
      this.#after(
        EDGE_LATENCY_MS * 2,
        () => host.session !== null && this.feed(host, { i: 'granted', from: null, grants: [grant] }),
      )
    }
  }

  #toAuthority(host: Host, act: (authority: WorldAuthority, session: string) => void): void {
    const { session, life } = host
    if (session === null) return
    this.#after(EDGE_LATENCY_MS, () => {
      if (host.life !== life || host.session !== session) return
      act(this.authorities.get(host.cluster)!, session)
    })
  }

  #claim(host: Host, request: number, claim: Claim): void {
    const { session } = host
    if (session === null) {
      const outcome = { ok: false, code: 'UNREACHABLE', why: 'no session', retryAfterMs: null, state: null } as const
      this.#after(5, () => this.feed(host, { i: 'claimReply', request, outcome }))
      return
    }
    const resignation = claim.evidence.kind === 'resigned' ? openResignation(claim.evidence.resignation) : null
    this.#toAuthority(host, (authority, channel) =>
      authority.input({ i: 'claim', from: { channel, request }, claim, resignation }),
    )
  }

  #openSession(host: Host): void {
    if (!this.edgeUp || host.session !== null || this.#cut.has(pair(host.node, 'edge'))) return
    const authority = this.authorities.get(host.cluster)!
    const session = `${host.node}/${host.life}/${this.#order++}`
    host.session = session
    authority.sessions.set(session, host.node)
    const nonce = `challenge-${session}`
    this.feed(host, { i: 'authority', up: true, challenge: nonce })
    this.#after(EDGE_LATENCY_MS, () => {
      if (host.session !== session) return
      authority.input({
        i: 'memberSeen',
        nonce,
        member: {
          node: host.node,
          site: host.site,
          certificate: certificateOf(host.cluster, host.node),
          peerAddress: host.node,
          apiAddress: host.node,
          priority: 0,
          noFailover: false,
          key: keyOf(host.node) as PublicKey,
          expiresAt: Number.MAX_SAFE_INTEGER as never,
        },
      })
      authority.input({ i: 'sessionOpened', node: host.node, session })
      const view = authority.view()
      if (view !== null) this.#fromAuthority(host.node, { s: 'state', session }, view)
    })
  }

  #closeSession(host: Host): void {
    const { session } = host
    if (session === null) return
    host.session = null
    const authority = this.authorities.get(host.cluster)!
    authority.sessions.delete(session)
    if (this.edgeUp) {
      this.#after(EDGE_LATENCY_MS, () => authority.input({ i: 'sessionClosed', node: host.node, session }))
    }
    if (host.alive) this.feed(host, { i: 'authority', up: false })
  }

  #link(a: Host, b: Host): void {
    const key = pair(a.node, b.node)
    if (!a.alive || !b.alive || this.#cut.has(key) || this.#links.has(key)) return
    this.#links.add(key)
    for (const [host, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      this.feed(host, { i: 'link', peer: peer.node, cluster: peer.cluster, up: true })
      const credentials = knownCredentials(host.state.masterships)
      if (credentials.length > 0) this.#message(host, peer.node, { t: 'inform', credentials })
    }
  }

  #unlink(a: Host, b: Host): void {
    if (!this.#links.delete(pair(a.node, b.node))) return
    for (const [host, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      if (host.alive) this.feed(host, { i: 'link', peer: peer.node, cluster: peer.cluster, up: false })
    }
  }

  #addHost(node: NodeId, cluster: ClusterId, site: SiteId): void {
    const disk = new MemoryDisk()
    this.hosts.set(node, {
      node,
      cluster,
      site,
      disk,
      store: new MemoryStore(disk),
      state: undefined as never,
      life: 0,
      alive: false,
      frozen: false,
      backlog: [],
      session: null,
      challenge: '',
      mempool: new Map(),
      timers: new Map(),
      events: [],
      executed: new Map(),
    })
  }

  #origin() {
    const genesis = sha256(Buffer.from('genesis of the world'))
    const clusters = this.genesis.clusters.map(({ cluster }) => cluster)
    return { network: NETWORK, genesis, clusters, application: this.application, buckets: BUCKETS }
  }

  #config(host: Host): CoreNodeConfig {
    const { policy } = this.genesis.clusters.find(({ cluster }) => cluster === host.cluster)!
    return {
      genesis: this.genesis,
      clusters: this.genesis.clusters.map(({ cluster }) => cluster).sort(),
      election: {
        network: NETWORK,
        cluster: host.cluster,
        node: host.node,
        site: host.site,
        priority: 0,
        noFailover: false,
        heartbeatMs: policy.heartbeatMs as Ms,
        suspectAfterMs: policy.suspectAfterMs as Ms,
        masterTtlMs: policy.masterTtlMs as Ms,
      },
      guard: {
        self: host.node,
        durability: policy.durability,
        syncReplicas: policy.syncReplicas,
        suspectAfter: policy.suspectAfterMs as Ms,
      },
      timeouts: LAN_TIMEOUTS,
      heartbeatBlockMs: this.genesis.heartbeatBlockMs,
      sites: new Map([...this.hosts.values()].map(({ node, site }) => [node, site])),
    }
  }

  #setTimer(host: Host, name: string, after: number | null): void {
    const id = this.#order++
    if (after === null) {
      host.timers.delete(name)
      return
    }
    host.timers.set(name, id)
    const { life } = host
    this.#after(after, () => {
      if (host.life !== life || host.timers.get(name) !== id) return
      host.timers.delete(name)
      this.feed(host, { i: 'timer', name: name as never })
    })
  }

  #after(ms: number, run: () => void): void {
    // A binary heap by (time, order): equal times keep the order in which they were asked for.
    const due: Due = { at: this.now + ms, order: this.#order++, run }
    const queue = this.#queue
    let at = queue.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(due, queue[parent]!)) break
      queue[at] = queue[parent]!
      at = parent
    }
    queue[at] = due
  }

  #pop(): void {
    const queue = this.#queue
    const last = queue.pop()!
    if (queue.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= queue.length) break
      const child = left + 1 < queue.length && before(queue[left + 1]!, queue[left]!) ? left + 1 : left
      if (!before(queue[child]!, last)) break
      queue[at] = queue[child]!
      at = child
    }
    queue[at] = last
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function pair(a: string, b: string): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}

function mastershipsOf(block: Block): readonly Mastership[] {
  const grants = block.credentials.map(openCredential)
  return grants
    .map((grant) => grant?.mastership)
    .filter((mastership): mastership is Mastership => mastership !== undefined)
}

function openResignation(jws: Jws): Resignation | null {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Resignation
  } catch {
    return null
  }
}
