/** Sessions between hosts and the authorities of their clusters: what each side says arrives in order, or is lost with the session. */
import type { RecoveredBy } from '@baton/shared/core/node/io'
import { shownBy } from '@baton/shared/core/node/recorded-reshape'
import type { RegistrySend } from '@baton/shared/core/registry/messages'
import type { Claim, Grant, Reshape } from '@baton/shared/crypto/statement-types'
import { type ClusterId, type NetworkId, type NodeId, sameToken, type Token } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { WorldAuthority } from './authority.ts'
import { type EdgeWay, EdgeWays } from './edge-ways.ts'
import type { Host } from './host.ts'
import { WorldMajority } from './majority.ts'
import type { Schedule } from './schedule.ts'
import { memberOf, openCredential, openResignation, openSyncSet, signReshape } from './statements.ts'
import type { TwinCopies } from './twins.ts'

/** What the network between hosts and the edge does to messages besides delaying them. */
export interface EdgeAdversity {
  /** In [0, 1]: of requests and of answers. */
  readonly loss: number
  readonly duplication: number
  /** Times as slow. */
  readonly slowness: number
  /** In [0, 1]: of claims, reshapes and what shows the registry, a copy comes later, when that may have gone on: HTTP beside the session, or another instance. */
  readonly lateness?: number
}

export interface EdgePorts {
  readonly network: NetworkId
  readonly schedule: Schedule
  readonly latencyMs: () => number
  /** In [0, 1). */
  readonly draw: () => number
  readonly hosts: ReadonlyMap<NodeId, Host>
  /** Of the nodes that there are two of: each copy has sessions of its own, and the newest one of the name wins. */
  readonly twins: Pick<TwinCopies, 'seconds' | 'everyone'>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
  /** Peers of its cluster that a host is linked with and that answer. */
  readonly relays: (host: Host) => readonly Host[]
}

type Asked = Pick<WorldAuthority, 'input'>

/** Requests whose answers no handler awaits: the registry in the answer is what counts. */
const NO_REQUEST = -1
/** From a lost session to the next attempt. */
const RECONNECT_MS = 100
/** From the last word of the authority to the end of a session, as in the driver. */
const SILENT_MS = 3_000
const LATE_MS = 2_000
/** Numbers of claims that a peer carries. */
const FIRST_RELAYED = 1_000_000

export class Edge {
  up = true
  adversity: EdgeAdversity = { loss: 0, duplication: 0, slowness: 1 }
  readonly #ports: EdgePorts
  readonly #ways = new EdgeWays()
  readonly #arrival = new Map<string, number>()
  readonly #relayed: { readonly host: Host; readonly life: number; readonly request: number }[] = []
  #sessions = 0

  constructor(ports: EdgePorts) {
    this.#ports = ports
  }

  open(host: Host): void {
    const majority = this.#majority(host)
    if (host.alive) majority?.start(host)
    if (!this.up || !host.alive || host.session !== null || !this.#ways.isWhole(host.node)) return
    const authority = this.#authority(host)
    if (authority.revoked.has(host.node)) return
    this.#sessions += 1
    const session = `${host.node}/${host.life}/${this.#sessions}`
    host.session = session
    // MJ1: over this one only the directory speaks.
    if (majority !== null) return
    authority.sessions.set(session, host.node)
    const nonce = `challenge-${session}`
    host.feed({ i: 'authority', up: true, challenge: nonce })
    this.#inOrder(`>${session}`, () => {
      if (!this.#hearsFrom(host) || authority.revoked.has(host.node)) return
      authority.input({ i: 'memberSeen', nonce, member: memberOf(host) })
      authority.input({ i: 'sessionOpened', node: host.node, session })
      authority.input({ i: 'shown', node: host.node, session, ...opened(host) })
      const view = authority.view()
      if (view !== null) this.deliver(host.node, session, { s: 'state', session }, view)
    })
  }

  /** The host's end is gone; the authority learns of it when it can be reached. */
  close(host: Host): void {
    const majority = this.#majority(host)
    if (!host.alive) majority?.end(host)
    const { session } = host
    if (session === null) return
    host.session = null
    if (majority !== null) return
    const authority = this.#authority(host)
    authority.sessions.delete(session)
    if (this.#hearsFrom(host)) {
      const { schedule, latencyMs } = this.#ports
      schedule.after(latencyMs(), () => authority.input({ i: 'sessionClosed', node: host.node, session }))
    }
    host.feed({ i: 'authority', up: false })
  }

  /** The authority's end is gone; the host learns of it and comes back. */
  dropped(node: NodeId, session: string): void {
    const host = this.#hostOf(node, session)
    if (host.session !== session || !this.#ways.carries(node, 'answers')) return
    host.session = null
    host.feed({ i: 'authority', up: false })
    const { life } = host
    this.#ports.schedule.after(RECONNECT_MS * (1 + this.#ports.draw()), () => {
      if (host.life === life) this.open(host)
    })
  }

  cut(host: Host): void {
    this.close(host)
    this.#ways.takeDown(host.node, 'requests')
    this.#ways.takeDown(host.node, 'answers')
  }

  /**
   * One direction carries nothing more. The session is one connection: the host gives it up when it has heard nothing for a while, and no
   * other one can be opened. Until then what goes the other way arrives. Where only answers are lost the authority learns of the end;
   * where requests are, it goes on taking the session for open (a close may never come, DESIGN section 11).
   */
  cutOneWay(host: Host, way: EdgeWay): void {
    this.#ways.takeDown(host.node, way)
    const { session } = host
    this.#ports.schedule.after(SILENT_MS, () => {
      if (session !== null && host.session === session && !this.#ways.isWhole(host.node)) this.close(host)
    })
  }

  mend(host: Host): void {
    this.#ways.mend(host.node)
    this.open(host)
  }

  /** Everybody's sessions end, and the authorities forget what they only heard. */
  takeDown(): void {
    this.up = false
    for (const host of this.#ports.twins.everyone()) this.close(host)
  }

  bringUp(): void {
    if (this.up) return
    this.up = true
    for (const authority of this.#ports.authorities.values()) authority.restart()
    for (const host of this.#ports.twins.everyone()) this.open(host)
  }

  /** What an authority says to one node over a session. */
  deliver(node: NodeId, session: string, send: RegistrySend, view: RegistryView | null): void {
    const host = this.#hostOf(node, session)
    if (host.session !== session) return
    // State that changed is told until it is known; an answer may be lost for good.
    if (send.s !== 'broadcast' && send.s !== 'state' && this.#chance(this.adversity.loss)) return
    const hear = () => {
      if (host.session === session && this.#ways.carries(node, 'answers')) this.#hear(host, send, view)
    }
    this.#inOrder(`<${session}`, hear)
    const late = send.s === 'broadcast' || send.s === 'state' || send.s === 'reply'
    if (late && this.#chance(this.adversity.lateness ?? 0))
      this.#ports.schedule.after(LATE_MS * this.#ports.draw(), hear)
  }

  /** The directory: every node of every cluster learns of a grant (NW2). */
  broadcast(view: RegistryView): void {
    const grant = openCredential(view.credential)
    if (grant === null) return
    for (const host of this.#ports.twins.everyone()) {
      const { session } = host
      if (session === null) continue
      this.#inOrder(`directory ${session}`, () => {
        if (host.session !== session || !this.#ways.carries(host.node, 'answers')) return
        host.feed({ i: 'granted', from: null, grants: [grant] })
      })
    }
  }

  /** MJ1: the members that are the arbiter of this host's cluster. */
  #majority(host: Host): WorldMajority | null {
    const authority = this.#authority(host)
    return authority instanceof WorldMajority ? authority : null
  }

  report(host: Host, report: Extract<Parameters<WorldAuthority['input']>[0], { i: 'report' }>['report']): void {
    const majority = this.#majority(host)
    if (majority !== null) majority.feed(host, { i: 'report', report })
    else {
      this.#toAuthority(host, (authority, session) =>
        authority.input({ i: 'report', node: host.node, session, report }),
      )
    }
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
    const ask = (authority: Asked, channel: string) =>
      authority.input({
        i: 'reshape',
        from: { channel, request: NO_REQUEST },
        reshape,
        statement: signReshape(reshape),
      })
    this.#toAuthority(host, ask, true)
  }

  /** Over the own session, else through a linked peer that has one. */
  claim(host: Host, request: number, claim: Claim): void {
    const { life } = host
    const majority = this.#majority(host)
    const resigned = claim.evidence.kind === 'resigned' ? openResignation(claim.evidence.resignation) : null
    if (majority !== null) {
      const from = { channel: host.node, request }
      majority.feed(host, { i: 'ask', ask: { i: 'claim', from, claim, resignation: resigned } })
      return
    }
    const way = host.session !== null ? host : this.#ports.relays(host).find(({ session }) => session !== null)
    if (way === undefined) {
      const outcome = { ok: false, code: 'UNREACHABLE', why: 'no session', retryAfterMs: null, state: null } as const
      this.#ports.schedule.after(5, () => host.life === life && host.feed({ i: 'claimReply', request, outcome }))
      return
    }
    const relayed = way === host ? request : FIRST_RELAYED + this.#relayed.push({ host, life, request }) - 1
    const ask = (authority: Asked, channel: string) =>
      authority.input({ i: 'claim', from: { channel, request: relayed }, claim, resignation: resigned })
    this.#toAuthority(way, ask, true)
  }

  #hear(host: Host, send: RegistrySend, view: RegistryView | null): void {
    const grant = view === null ? null : openCredential(view.credential)
    const { reshaped } = this.#authority(host)
    const reshape = reshaped !== null && view !== null && sameToken(reshaped.reshape, view) ? reshaped : undefined
    const syncSet = view?.recorded ? openSyncSet(view.recorded) : undefined
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
        if (view !== null) host.feed({ i: 'view', view, reshape, syncSet })
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
          if (view !== null) host.feed({ i: 'view', view, reshape, syncSet })
        } else if (!outcome.ok) host.feed({ i: 'claimReply', request, outcome: { ...outcome, state: view }, reshape })
        else if (view !== null) host.feed({ i: 'claimReply', request, outcome: { ok: true, state: view }, reshape })
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
  #toAuthority(host: Host, act: (authority: Asked, session: string) => void, mayComeLate = false): void {
    const { session } = host
    const majority = this.#majority(host)
    if (majority !== null) {
      act({ input: (ask) => majority.feed(host, { i: 'ask', ask }) }, host.node)
      return
    }
    if (session === null) return
    if (this.#chance(this.adversity.loss)) return
    const arrive = () => {
      if (this.#hearsFrom(host)) act(this.#authority(host), session)
    }
    this.#inOrder(`>${session}`, arrive)
    if (mayComeLate) this.#comesLate(arrive)
    if (this.#chance(this.adversity.duplication)) this.#inOrder(`>${session}`, arrive)
  }

  #comesLate(arrive: () => void): void {
    if (this.#chance(this.adversity.lateness ?? 0)) this.#ports.schedule.after(LATE_MS * this.#ports.draw(), arrive)
  }

  #hearsFrom({ node }: Host): boolean {
    return this.up && this.#ways.carries(node, 'requests')
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

  /** The copy whose session it is. */
  #hostOf(node: NodeId, session: string): Host {
    const second = this.#ports.twins.seconds.get(node)
    return second?.session === session ? second : this.#ports.hosts.get(node)!
  }

  #authority(host: Host): WorldAuthority {
    return this.#ports.authorities.get(host.cluster)!
  }
}

/** RG8: what the node says, as its authority reads it. */
function opened({ state }: Host): { readonly grant: Grant | null; readonly reshape: Reshape | null } {
  const { credential, reshape } = shownBy(state)
  return {
    grant: credential === null ? null : (openCredential(credential)?.grant ?? null),
    reshape: reshape === null ? null : (state.reshape?.reshape ?? null),
  }
}
