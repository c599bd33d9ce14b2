/** Sessions between hosts and the authorities of their clusters: what each side says arrives in order, or is lost with the session. */
import type { RecoveredBy } from '@baton/shared/core/node/io'
import type { RegistrySend } from '@baton/shared/core/registry/messages'
import type { Claim, Reshape, Resignation } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Jws, NetworkId, NodeId, Token } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { WorldAuthority } from './authority.ts'
import type { Host } from './host.ts'
import type { Schedule } from './schedule.ts'
import { certificateOf, keyOf, openCredential, openResignation } from './statements.ts'

export interface EdgePorts {
  readonly network: NetworkId
  readonly schedule: Schedule
  readonly latencyMs: () => number
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
  /** Peers of its cluster that a host is linked with and that answer. */
  readonly relays: (host: Host) => readonly Host[]
}

/** Requests whose answers no handler awaits: the registry in the answer is what counts. */
const NO_REQUEST = -1
/** Numbers of claims that a peer carries. */
const FIRST_RELAYED = 1_000_000

export class Edge {
  up = true
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
    this.#toAuthority(host, () => {
      authority.input({ i: 'memberSeen', nonce, member: memberOf(host) })
      authority.input({ i: 'sessionOpened', node: host.node, session })
      const view = authority.view()
      if (view !== null) this.deliver(host.node, { s: 'state', session }, view)
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

  /** What an authority says to one node, over its present session. */
  deliver(node: NodeId, send: RegistrySend, view: RegistryView | null): void {
    const host = this.#ports.hosts.get(node)!
    const { session } = host
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
      authority.input({ i: 'reshape', from: { channel, request: NO_REQUEST }, reshape, statement: 's.s.s' as Jws }),
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
        if (view !== null) host.feed({ i: 'view', view })
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
          if (view !== null) host.feed({ i: 'view', view })
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
    this.#inOrder(`>${session}`, () => {
      if (this.up && !this.#cut.has(host.node)) act(this.#authority(host), session)
    })
  }

  #inOrder(way: string, arrive: () => void): void {
    const { schedule, latencyMs } = this.#ports
    const at = Math.max(schedule.now + latencyMs(), this.#arrival.get(way) ?? 0)
    this.#arrival.set(way, at)
    schedule.after(at - schedule.now, arrive)
  }

  #authority(host: Host): WorldAuthority {
    return this.#ports.authorities.get(host.cluster)!
  }
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
