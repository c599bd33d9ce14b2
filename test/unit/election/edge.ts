/** The real registry behind sessions in virtual time; its memory dies with an outage, its storage does not. */

import { assert } from '@baton/shared/assert'
import type { ElectionInput, KnownGrant } from '@baton/shared/core/election/types'
import { step } from '@baton/shared/core/registry/machine'
import type { RegistryInput, RegistrySend, Report } from '@baton/shared/core/registry/messages'
import { type FoundedRegistry, type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import { viewOf } from '@baton/shared/core/registry/view'
import type { Claim, Resignation } from '@baton/shared/crypto/statement-types'
import { POLICY_DEFAULTS, TIMING_PRESETS } from '@baton/shared/genesis'
import type { Jws, NodeId, PublicKey, Token, UnixMs } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { CLUSTER, type Host, type Leading, NETWORK } from './host.ts'
import type { VirtualTime } from './virtual-time.ts'

export const EDGE_MS = 3
/** Requests of the guard are numbered from here, those of the election below. */
const RESHAPES = 1_000_000

export interface EdgeClients {
  readonly time: VirtualTime
  readonly hosts: ReadonlyMap<NodeId, Host>
  /** Gives an input to the process that runs at `node` now, after `ms`. */
  deliver(node: NodeId, ms: number, input: ElectionInput): void
  reshaped(host: Host, leading: Leading, view: RegistryView): void
}

export class Edge {
  readonly #clients: EdgeClients
  readonly #grants = new Map<string, KnownGrant>()
  readonly #cut = new Set<NodeId>()
  #state: RegistryState | null
  #disk: RegistryState['registry']
  #sessions = 0

  constructor(clients: EdgeClients, founder: NodeId) {
    this.#clients = clients
    this.#disk = { status: 'absent' }
    this.#state = startAuthority(this.#disk, clients.time.now)
    const { masterTtlMs } = TIMING_PRESETS.lan
    const more = {
      ...POLICY_DEFAULTS,
      startupGraceMs: 2 * masterTtlMs,
      durability: 'preferred',
      syncReplicas: 1,
    } as const
    const policy = { ...TIMING_PRESETS.lan, ...more }
    this.#step({ i: 'create', network: NETWORK, cluster: CLUSTER, founder, policy })
  }

  stop(): void {
    if (this.#state === null) return
    this.#disk = this.#state.registry
    this.#state = null
    for (const { node, process } of this.#clients.hosts.values()) {
      if (process === null || process.session === null) continue
      process.session = null
      this.#clients.deliver(node, EDGE_MS, { i: 'authorityDown' })
    }
  }

  start(): void {
    this.#state ??= startAuthority(this.#disk, this.#clients.time.now)
  }

  cut(node: NodeId): void {
    this.#cut.add(node)
  }

  heal(node: NodeId): void {
    this.#cut.delete(node)
  }

  isCut(node: NodeId): boolean {
    return this.#cut.has(node)
  }

  reaches(node: NodeId): boolean {
    return this.#state !== null && !this.#cut.has(node)
  }

  registry(): FoundedRegistry {
    const registry = this.#state?.registry ?? this.#disk
    assert(registry.status === 'founded', 'the registry is founded')
    return registry
  }

  /** What a credential's grant says, as a driver would find by verifying it. */
  grantOf(credential: Jws): KnownGrant {
    const grant = this.#grants.get(credential)
    assert(grant !== undefined, `an unknown grant ${credential}`)
    return grant
  }

  openSession({ node, site, priority, noFailover, process }: Host): void {
    if (!this.reaches(node) || process === null) return
    this.#sessions += 1
    const session = `s${this.#sessions}`
    process.session = session
    const member = {
      node,
      site,
      priority,
      noFailover,
      certificate: `certificate:${node}` as Jws,
      peerAddress: `${node}:1`,
      apiAddress: `${node}:2`,
      key: node as string as PublicKey,
      expiresAt: Number.MAX_SAFE_INTEGER as UnixMs,
    }
    this.#clients.deliver(node, EDGE_MS, { i: 'authorityUp', challenge: session })
    this.#step({ i: 'memberSeen', member, nonce: session })
    this.#step({ i: 'sessionOpened', node, session })
    this.#tell(node)
  }

  closeSession(node: NodeId, session: string, ms: number): void {
    this.#later(ms, { i: 'sessionClosed', node, session })
  }

  report({ node, process }: Host, report: Report): void {
    if (process?.session && this.reaches(node)) {
      this.#later(EDGE_MS, { i: 'report', node, session: process.session, report })
    }
  }

  claim(node: NodeId, request: number, claim: Claim, resignation: Resignation | null): void {
    this.#later(EDGE_MS, { i: 'claim', from: { channel: node, request }, claim, resignation })
  }

  confirm(node: NodeId, request: number, token: Token): void {
    if (this.reaches(node)) this.#later(EDGE_MS, { i: 'confirm', from: { channel: node, request }, node, token })
  }

  reshape({ node }: Host, { token, required }: Leading, syncSet: readonly NodeId[]): void {
    if (!this.reaches(node)) return
    const reshape = { network: NETWORK, cluster: CLUSTER, ...token, version: required.version, node, syncSet }
    const from = { channel: node, request: RESHAPES }
    this.#later(EDGE_MS, { i: 'reshape', from, reshape, statement: 'reshape' as Jws })
  }

  #later(ms: number, input: RegistryInput): void {
    this.#clients.time.after(ms, () => this.#step(input))
  }

  #step(input: RegistryInput): void {
    if (this.#state === null) return
    const { now } = this.#clients.time
    const done = step(this.#state, input, { now, wallClock: now as number as UnixMs })
    this.#state = done.state
    for (const send of done.send) this.#route(send)
  }

  #route(send: RegistrySend): void {
    const open = [...this.#clients.hosts.values()].filter((host) => host.process?.session && !this.#cut.has(host.node))
    switch (send.s) {
      case 'reply': {
        const node = send.to.channel as NodeId
        const state = this.#tell(node)
        if (send.to.request >= RESHAPES) return
        const outcome = send.outcome.ok ? { ok: true as const, state: state! } : { ...send.outcome, state }
        this.#clients.deliver(node, EDGE_MS, { i: 'claimReply', request: send.to.request, outcome })
        return
      }
      case 'broadcast':
        for (const { node } of open) this.#tell(node)
        return
      case 'state':
        for (const { node, process } of open) if (process?.session === send.session) this.#tell(node)
        return
      case 'heard': {
        const { report, session } = send
        const { version } = this.registry()
        for (const { node, process } of open) {
          if (process?.session === session) {
            this.#clients.deliver(node, EDGE_MS, { i: 'heardByAuthority', report, version })
          }
        }
        return
      }
      case 'sessionClosed':
        for (const host of open) this.#clients.deliver(host.node, EDGE_MS, { i: 'sessionClosed', node: send.node })
        return
      case 'closeSession':
      case 'directory':
        return
    }
  }

  /** Tells a node the registry, with the grant that a driver would verify first. */
  #tell(node: NodeId): RegistryView | null {
    const registry = this.#state?.registry
    if (registry?.status !== 'founded') return null
    const grant = this.#grant(registry)
    const view = viewOf(registry, grant.mastership.credential)
    this.#clients.deliver(node, EDGE_MS, { i: 'grantSeen', ...grant })
    this.#clients.deliver(node, EDGE_MS, { i: 'view', view })
    this.#clients.time.after(EDGE_MS, () => {
      const host = this.#clients.hosts.get(node)
      if (host?.process?.leading && !host.frozen) this.#clients.reshaped(host, host.process.leading, view)
    })
    return view
  }

  #grant({ lastGrant }: FoundedRegistry): KnownGrant {
    const { generation, epoch, node, recovering, nonce, syncSet, version, coming } = lastGrant
    const credential = { grant: `grant:${epoch}` as Jws, certificate: 'certificate' as Jws }
    const key = node as string as PublicKey
    const mastership = { cluster: CLUSTER, generation, epoch, node, key, recovering, credential }
    const grant = { mastership, nonce, syncSet, version, coming }
    this.#grants.set(credential.grant, grant)
    return grant
  }
}
