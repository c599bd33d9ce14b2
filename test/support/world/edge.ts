/** Sessions between hosts and the authorities of their clusters: what each side says arrives in order, or is lost with the session. */
import type { RecoveredBy } from '@baton/shared/core/node/io'
import type { RegistrySend } from '@baton/shared/core/registry/messages'
import type { Claim, Grant, Reshape, Resignation } from '@baton/shared/crypto/statement-types'
import { type ClusterId, type Jws, type NetworkId, type NodeId, sameToken, type Token } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { WorldAuthority } from './authority.ts'
import type { Host } from './host.ts'
import type { Schedule } from './schedule.ts'
import { certificateOf, keyOf, openCredential, openResignation } from './statements.ts'

/** What the network between hosts and the edge does to messages besides delaying them. */
export interface EdgeAdversity {
  /** In [0, 1]: of requests and of answers. */
  readonly loss: number
  readonly duplication: number
  /** Times as slow. */
  readonly slowness: number
}

export interface EdgePorts {
  readonly network: NetworkId
  readonly schedule: Schedule
  readonly latencyMs: () => number
  /** In [0, 1). */
  readonly draw: () => number
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
  /** Peers of its cluster that a host is linked with and that answer. */
  readonly relays: (host: Host) => readonly Host[]
}

/** Requests whose answers no handler awaits: the registry in the answer is what counts. */
const NO_REQUEST = -1
/** From a lost session to the next attempt. */
const RECONNECT_MS = 100
/** Numbers of claims that a peer carries. */
const FIRST_RELAYED = 1_000_000

/** Nobody here reads a statement of a reshape: its content goes beside it. */
const STATEMENT = 's.s.s' as Jws

export class Edge {
  up = true
  adversity: EdgeAdversity = { loss: 0, duplication: 0, slowness: 1 }
  readonly #ports: EdgePorts
  readonly #cut = new Set<NodeId>()
  readonly #arrival = new Map<string, number>()
  readonly #relayed: { readonly host: Host; readonly life: number; readonly request: number }[] = []
  #sessions = 0

  constructor(ports: EdgePorts) {
    this.#ports = ports
  }

  open(host: Host): void {
    if (!this.up || !host.alive || host.session !== null || this.#cut.has(host.node)) return
    const authority = this.#authority(host)
    this.#sessions += 1
    const session = `${host.node}/${host.life}/${this.#sessions}`
    host.session = session
    authority.sessions.set(session, host.node)
    const nonce = `challenge-${session}`
    host.feed({ i: 'authority', up: true, challenge: nonce })
    this.#inOrder(`>${session}`, () => {
      if (!this.up || this.#cut.has(host.node)) return
      authority.input({ i: 'memberSeen', nonce, member: memberOf(host) })
      authority.input({ i: 'sessionOpened', node: host.node, session })
      authority.input({ i: 'shown', node: host.node, session, ...shownBy(host) })
      const view = authority.view()
      if (view !== null) this.deliver(host.node, session, { s: 'state', session }, view)
    })
  }

  /** The host's end is gone; the authority learns of it when it can be reached. */
  close(host: Host): void {
    const { session } = host
    if (session === null) return
    host.session = null
    const authority = this.#authority(host)
    authority.sessions.delete(session)
    if (this.up && !this.#cut.has(host.node)) {
      const { schedule, latencyMs } = this.#ports
      schedule.after(latencyMs(), () => authority.input({ i: 'sessionClosed', node: host.node, session }))
    }
    host.feed({ i: 'authority', up: false })
  }

  /** The authority's end is gone; the host learns of it and comes back. */
  dropped(node: NodeId, session: string): void {
    const host = this.#ports.hosts.get(node)!
    if (host.session !== session) return
    host.session = null
    host.feed({ i: 'authority', up: false })
    const { life } = host
    this.#ports.schedule.after(RECONNECT_MS * (1 + this.#ports.draw()), () => {
      if (host.life === life) this.open(host)
    })
  }

  cut(host: Host): void {
    this.close(host)
    this.#cut.add(host.node)
  }

  mend(host: Host): void {
    this.#cut.delete(host.node)
    this.open(host)
  }

  /** Everybody's sessions end, and the authorities forget what they only heard. */
  takeDown(): void {
    this.up = false
    for (const host of this.#ports.hosts.values()) this.close(host)
  }

  bringUp(): void {
    if (this.up) return
    this.up = true
    for (const authority of this.#ports.authorities.values()) authority.restart()
    for (const host of this.#ports.hosts.values()) this.open(host)
  }

  /** What an authority says to one node over a session. */
  deliver(node: NodeId, session: string, send: RegistrySend, view: RegistryView | null): void {
    const host = this.#ports.hosts.get(node)!
    if (host.session !== session) return
    // State that changed is told until it is known; an answer may be lost for good.
    if (send.s !== 'broadcast' && send.s !== 'state' && this.#chance(this.adversity.loss)) return
    this.#inOrder(`<${session}`, () => {
      if (host.session === session) this.#hear(host, send, view)
    })
  }

  /** The directory: every node of every cluster learns of a grant (NW2). */
  broadcast(view: RegistryView): void {
    const grant = openCredential(view.credential)
    if (grant === null) return
    for (const host of this.#ports.hosts.values()) {
      const { session } = host
      if (session === null) continue
      this.#inOrder(`directory ${session}`, () => {
        if (host.session === session) host.feed({ i: 'granted', from: null, grants: [grant] })
      })
    }
  }

  report(host: Host, report: Extract<Parameters<WorldAuthority['input']>[0], { i: 'report' }>['report']): void {
    this.#toAuthority(host, (authority, session) => authority.input({ i: 'report', node: host.node, session, report }))
  }

  confirm(host: Host, token: Extract<Parameters<WorldAuthority['input']>[0], { i: 'confirm' }>['token']): void {
    this.#toAuthority(host, (authority, channel) =>
      authority.input({ i: 'confirm', from: { channel, request: NO_REQUEST }, node: host.node, token }),
    )
  }

  recovered(host: Host, token: Token, by: RecoveredBy): void {
    this.#toAuthority(host, (authority, channel) =>
      authority.input({ i: 'recovered', from: { channel, request: NO_REQUEST }, node: host.node, token, by }),
    )
  }

  verified(host: Host, token: Token, height: number): void {
    this.#toAuthority(host, (authority, channel) =>
      authority.input({ i: 'verified', from: { channel, request: NO_REQUEST }, node: host.node, token, height }),
    )
  }

  reshape(host: Host, asked: Omit<Reshape, 'network' | 'cluster' | 'node'>): void {
    const reshape: Reshape = { network: this.#ports.network, cluster: host.cluster, node: host.node, ...asked }
    this.#toAuthority(host, (authority, channel) =>
      authority.input({ i: 'reshape', from: { channel, request: NO_REQUEST }, reshape, statement: STATEMENT }),
    )
  }

  /** Over the own session, else through a linked peer that has one. */
  claim(host: Host, request: number, claim: Claim): void {
    const { life } = host
    const way = host.session !== null ? host : this.#ports.relays(host).find(({ session }) => session !== null)
    if (way === undefined) {
      const outcome = { ok: false, code: 'UNREACHABLE', why: 'no session', retryAfterMs: null, state: null } as const
      this.#ports.schedule.after(5, () => host.life === life && host.feed({ i: 'claimReply', request, outcome }))
      return
    }
    const resignation: Resignation | null =
      claim.evidence.kind === 'resigned' ? openResignation(claim.evidence.resignation) : null
    const relayed = way === host ? request : FIRST_RELAYED + this.#relayed.push({ host, life, request }) - 1
    this.#toAuthority(way, (authority, channel) =>
      authority.input({ i: 'claim', from: { channel, request: relayed }, claim, resignation }),
    )
  }

  #hear(host: Host, send: RegistrySend, view: RegistryView | null): void {
    const grant = view === null ? null : openCredential(view.credential)
    const { reshaped } = this.#authority(host)
    const reshape =
      reshaped !== null && view !== null && sameToken(reshaped, view)
        ? { reshape: reshaped, statement: STATEMENT }
        : undefined
    const learn = () => {
      if (grant !== null) host.feed({ i: 'granted', from: null, grants: [grant] })
    }
    switch (send.s) {
      case 'heard':
        host.feed({ i: 'heardByAuthority', report: send.report, version: view?.version ?? (0 as never) })
        return
      case 'broadcast':
      case 'state':
        learn()
        if (view !== null) host.feed({ i: 'view', view, reshape })
        return
      case 'reply': {
        const relayed = this.#relayed[send.to.request - FIRST_RELAYED]
        if (relayed !== undefined) {
          const { host: author, life, request } = relayed
          if (author.life === life && this.#ports.relays(author).includes(host)) {
            this.#hear(author, { ...send, to: { ...send.to, request } }, view)
          }
          return
        }
        learn()
        const { request } = send.to
        const { outcome } = send
        if (request === NO_REQUEST) {
          if (view !== null) host.feed({ i: 'view', view, reshape })
        } else if (!outcome.ok) host.feed({ i: 'claimReply', request, outcome: { ...outcome, state: view } })
        else if (view !== null) host.feed({ i: 'claimReply', request, outcome: { ok: true, state: view } })
        return
      }
      case 'sessionClosed':
        host.feed({ i: 'sessionClosed', node: send.node })
        return
      case 'closeSession':
      case 'directory':
        return
    }
  }

  /** What has left arrives, even from a host that dies meanwhile, unless its way is cut first. */
  #toAuthority(host: Host, act: (authority: WorldAuthority, session: string) => void): void {
    const { session } = host
    if (session === null) return
    if (this.#chance(this.adversity.loss)) return
    const arrive = () => {
      if (this.up && !this.#cut.has(host.node)) act(this.#authority(host), session)
    }
    this.#inOrder(`>${session}`, arrive)
    if (this.#chance(this.adversity.duplication)) this.#inOrder(`>${session}`, arrive)
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.#ports.draw() < probability
  }

  #inOrder(way: string, arrive: () => void): void {
    const { schedule, latencyMs } = this.#ports
    const at = Math.max(schedule.now + latencyMs() * this.adversity.slowness, this.#arrival.get(way) ?? 0)
    this.#arrival.set(way, at)
    schedule.after(at - schedule.now, arrive)
  }

  #authority(host: Host): WorldAuthority {
    return this.#ports.authorities.get(host.cluster)!
  }
}

/** RG8: the highest grant of its cluster, and the newest statement about its sync set, that this node has seen. */
function shownBy(host: Host): { readonly grant: Grant | null; readonly reshape: Reshape | null } {
  const mastership = host.disk.masterships.get(host.cluster)
  const grant = mastership === undefined ? null : (openCredential(mastership.credential)?.grant ?? null)
  return { grant, reshape: host.disk.reshape?.reshape ?? null }
}

function memberOf(host: Host) {
  return {
    node: host.node,
    site: host.site,
    certificate: certificateOf(host.cluster, host.node),
    peerAddress: host.node,
    apiAddress: host.node,
    priority: 0,
    noFailover: false,
    key: keyOf(host.node),
    expiresAt: Number.MAX_SAFE_INTEGER as never,
  }
}
