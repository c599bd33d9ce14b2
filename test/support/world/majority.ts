/**
 * The members of a cluster that are its arbiter (MJ1), as the world sees them: the registry is what is decided on their disks. The real arbiter
 * machine runs in each host, over the links of the hosts; the edge brings orders and words about votes elsewhere, and decides nothing.
 */
import { whatToSign } from '@baton/shared/core/arbiter/acceptor'
import { hearTogether } from '@baton/shared/core/arbiter/hearing'
import type { ArbiterInput, ArbiterMessage, ArbiterSend, ArbiterStep } from '@baton/shared/core/arbiter/messages'
import { basisOf } from '@baton/shared/core/arbiter/quorum'
import type { Accepted, ArbiterState, Promised } from '@baton/shared/core/arbiter/types'
import type { OperatorAction, RegistryInput, RegistrySend, RegistryStep } from '@baton/shared/core/registry/messages'
import { type Registry, type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import { viewOf } from '@baton/shared/core/registry/view'
import type { RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { ClusterPolicy } from '@baton/shared/genesis'
import {
  type ClusterId,
  compareTokens,
  formatToken,
  type Instant,
  type NetworkId,
  type NodeId,
  sameToken,
  type UnixMs,
} from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { AuthorityPorts, WorldAuthority } from './authority.ts'
import { Clock } from './clock.ts'
import type { Host } from './host.ts'
import { Decisions, type Proposed } from './invariants/decisions.ts'
import { Member, type MemberPorts } from './member.ts'
import { certificateOf, memberOf, openCredential, signVote } from './statements.ts'

export interface MajorityPorts
  extends Pick<AuthorityPorts, 'now' | 'granted' | 'stepped'>,
    Pick<MemberPorts, 'schedule' | 'commitMs' | 'failed' | 'stopped'> {
  readonly breach: (sentence: string) => void
  /** Over the link between the two hosts, as faithful as that is. */
  readonly carry: (from: Host, to: NodeId, arrive: () => void) => void
  readonly linked: (a: NodeId, b: NodeId) => boolean
}

/** Requests whose answers no handler awaits. */
const NO_REQUEST = -1

export class WorldMajority implements WorldAuthority {
  readonly cluster: ClusterId
  readonly arbiter = 'majority'
  clock: Clock
  state: RegistryState
  readonly sessions = new Map<string, NodeId>()
  readonly grants: WorldAuthority['grants'] = []
  reshaped: RecordedReshape | null = null
  readonly revoked = new Set<NodeId>()
  readonly givenUpBelow = null
  readonly #network: NetworkId
  readonly #founder: NodeId
  readonly #policy: ClusterPolicy
  readonly #names: readonly NodeId[]
  readonly #ports: MajorityPorts
  readonly #decisions: Decisions
  readonly #members = new Map<NodeId, Member>()
  readonly #told = new Set<string>()
  /** Of the highest token that was told. */
  #newest: RegistryView | null = null

  constructor(
    network: NetworkId,
    cluster: ClusterId,
    founder: NodeId,
    policy: ClusterPolicy,
    names: readonly NodeId[],
    ports: MajorityPorts,
  ) {
    this.cluster = cluster
    this.#network = network
    this.#founder = founder
    this.#policy = policy
    this.#names = [...names].sort()
    this.#ports = ports
    this.#decisions = new Decisions(this.#names, ports.breach)
    this.clock = new Clock(ports.now)
    this.state = startAuthority({ status: 'absent' }, this.clock.now())
  }

  /** The host's process begins; its links are open by now, or open later. */
  start(host: Host): void {
    const member = this.#member(host)
    if (member.state !== null) return
    member.start()
    for (const peer of this.#names) {
      if (peer !== host.node && this.#ports.linked(host.node, peer)) this.link(host, peer, true)
    }
  }

  end(host: Host): void {
    this.#members.get(host.node)?.end()
  }

  thaw(host: Host): void {
    this.#members.get(host.node)?.thaw()
  }

  link(host: Host, peer: NodeId, up: boolean): void {
    this.#members.get(host.node)?.feed({ i: 'link', peer, up })
    if (!up) host.feed({ i: 'sessionClosed', node: peer })
  }

  /** With more disks than a minority the memory of the cluster would be gone: then the seat is on a disk of its own, and stays. */
  wipe(host: Host): void {
    const member = this.#members.get(host.node)
    if (member === undefined) return
    const lost = [...this.#members.values()].filter(({ seat }) => seat.accepted === null)
    if (2 * (lost.length + 1) >= this.#names.length || lost.includes(member)) return
    member.seat = { promised: null, accepted: null }
    this.#decisions.emptied(host.node)
  }

  /** What this host's node asks or says. */
  feed(host: Host, input: ArbiterInput): void {
    this.#members.get(host.node)?.feed(input)
  }

  view(): RegistryView | null {
    const { registry } = this.state
    const known = [...this.#members.values()].find(({ state }) => state?.decided?.value.registry === registry)
    return known?.state?.decided == null ? null : viewOfDecided(known.state.decided)
  }

  /** The edge's: orders, an operator, and what votes are heard elsewhere (RG6). */
  input(input: RegistryInput): void {
    if (input.i === 'foreignSilence') {
      for (const member of this.#members.values()) member.feed(input)
    } else if (input.i === 'order' || input.i === 'operator') {
      const asked = [...this.#members.values()].find(({ state, host }) => state?.up === true && !host.frozen)
      asked?.feed({ i: 'ask', ask: input })
    }
  }

  /** An operator's word at this member. */
  ask(host: Host, action: OperatorAction): void {
    const from = { channel: 'an operator', request: NO_REQUEST }
    this.feed(host, { i: 'ask', ask: { i: 'operator', from, by: 'the operator', why: 'simulated', action } })
  }

  operate(action: OperatorAction): void {
    const from = { channel: 'an operator', request: NO_REQUEST }
    this.input({ i: 'operator', from, by: 'the operator', why: 'simulated', action })
  }

  backup(): Registry {
    return this.state.registry
  }

  revoke(node: NodeId): void {
    throw new Error(`the members of ${this.cluster} are fixed: ${node} stays one`)
  }

  /** The edge is there again: what was granted without it, it is told now. */
  restart(): void {
    if (this.#newest !== null) this.#ports.granted(this.#newest)
  }

  /** There is no storage of an authority that could be restored or doubled. */
  restore(): void {}
  double(): void {}
  undouble(): void {}

  #member(host: Host): Member {
    const known = this.#members.get(host.node)
    if (known !== undefined) return known
    const { schedule, commitMs, failed, stopped } = this.#ports
    const config = {
      member: memberOf(host),
      network: this.#network,
      cluster: this.cluster,
      founder: this.#founder,
      policy: this.#policy,
      members: this.#names,
    }
    const member = new Member(host, config, {
      schedule,
      commitMs,
      failed,
      stopped,
      stepped: (...step) => this.#stepped(...step),
      kept: ({ seat: { accepted } }) => {
        if (accepted === null) return
        for (const proposed of this.#decisions.accepts(host.node, accepted.ballot)) this.#decided(proposed)
      },
      perform: (...send) => this.#perform(...send),
    })
    this.#members.set(host.node, member)
    return member
  }

  /** A proposal that goes from promises to a value is looked at with what it rests on. */
  #stepped({ host }: Member, before: ArbiterState, input: ArbiterInput, { state }: ArbiterStep): void {
    const { proposal } = state
    if (proposal?.p !== 'accepting' || before.proposal?.p !== 'preparing') return
    if (input.i !== 'message' || input.message.m !== 'promise') return
    const { accepted, hearing } = input.message
    const promises = new Map<NodeId, Promised>(before.proposal.promises).set(input.from, { accepted, hearing })
    const base = basisOf(this.#names, promises)?.base ?? null
    const { rate, offsetMs } = host.clock
    const [now, wallClock] = [host.clock.now(), host.clock.wall() as UnixMs]
    const told = new Map([...promises].map(([node, promised]) => [node, promised.hearing]))
    const heard =
      base === null
        ? this.state.hearing
        : hearTogether(base.value.registry, told, this.#names, { now, wallClock }).state.hearing
    const { ballot, value, ask, events } = proposal
    const judged = { at: this.#ports.now(), clock: { rate, offsetMs }, hearing: heard }
    this.#decisions.proposes({ ...judged, ballot, base: base?.ballot ?? null, value, ask, events })
  }

  /** The registry has gone on: looked at as a step of an authority would be, by the clock of whoever has judged. */
  #decided({ value: { registry }, ask, hearing, events, at, clock }: Proposed): void {
    const before: RegistryState = { registry: this.state.registry, hearing }
    this.state = { registry, hearing }
    const ago = this.#ports.now() - at
    this.clock = Object.assign(new Clock(() => (this.#ports.now() - ago) as Instant), clock)
    const write: RegistryStep['write'][number][] = [{ w: 'cluster', registry }]
    const was = before.registry.status === 'founded' ? before.registry.lastGrant : null
    if (registry.status === 'founded' && (was === null || !sameToken(was, registry.lastGrant))) {
      const { generation, epoch, node, recovering } = registry.lastGrant
      this.grants.push({ generation, epoch, node, recovering, at: this.#ports.now() })
      write.push({ w: 'grant', grant: registry.lastGrant })
    }
    const reshaped = registry.status === 'founded' ? registry.syncSetVersion : null
    const since = before.registry.status === 'founded' ? before.registry.syncSetVersion : null
    if (ask?.i === 'reshape' && reshaped !== since) this.reshaped = { reshape: ask.reshape, statement: ask.statement }
    const input: RegistryInput = ask ?? { i: 'tick' }
    this.#ports.stepped(this, before, input, { state: this.state, write, send: [], timers: [], events })
  }

  #perform(member: Member, send: ArbiterSend): void {
    const { host } = member
    switch (send.s) {
      case 'member':
        this.#say(host, send.to, send.message)
        return
      case 'accepted': {
        const { to, ballot, sign } = send
        const signature = sign === null ? null : signVote(host.node, sign)
        this.#say(host, to, { m: 'accepted', ballot, signature })
        return
      }
      case 'registry':
        this.#reply(member, send.send)
        return
      case 'decided':
        this.#tell(member, send.decided)
        return
      case 'heard':
        host.feed({ i: 'heardByAuthority', report: send.report, version: send.version })
        return
      case 'session':
        host.feed(
          send.up ? { i: 'authority', up: true, challenge: member.state?.life ?? '' } : { i: 'authority', up: false },
        )
        return
    }
  }

  #say(from: Host, to: NodeId, message: ArbiterMessage): void {
    const arrive = () => {
      const member = this.#members.get(to)
      if (member === undefined || !this.#isSigned(member, from.node, message)) return
      member.feed({ i: 'message', from: from.node, message })
    }
    if (from.node === to) this.#ports.schedule.after(0, arrive)
    else this.#ports.carry(from, to, arrive)
  }

  /** The driver of the proposer verifies the signature of the grant that it has proposed. */
  #isSigned({ state }: Member, from: NodeId, message: ArbiterMessage): boolean {
    if (message.m !== 'accepted' || message.signature === null) return true
    const { proposal } = state ?? {}
    if (proposal?.p !== 'accepting') return true
    const sign = whatToSign({ ballot: message.ballot, value: proposal.value })
    return sign !== null && signVote(from, sign) === message.signature
  }

  #tell({ host }: Member, decided: Accepted): void {
    for (const proposed of this.#decisions.tells(host.node, decided.ballot)) this.#decided(proposed)
    const view = viewOfDecided(decided)
    if (view === null) return
    const token = formatToken(view)
    if (!this.#told.has(token)) {
      this.#told.add(token)
      if (this.#newest === null || compareTokens(view, this.#newest) > 0) this.#newest = view
      this.#ports.granted(view)
    }
    const grant = openCredential(view.credential)
    if (grant !== null) host.feed({ i: 'granted', from: null, grants: [grant] })
    host.feed({ i: 'view', view, reshape: this.#reshapeIn(view) })
  }

  #reshapeIn(view: RegistryView): RecordedReshape | undefined {
    const { reshaped } = this
    if (reshaped === null || !sameToken(reshaped.reshape, view)) return undefined
    return reshaped.statement === view.reshape ? reshaped : undefined
  }

  #reply({ host, state }: Member, send: RegistrySend): void {
    if (send.s !== 'reply' || send.to.request === NO_REQUEST) return
    const decided = state?.decided ?? null
    const view = decided === null ? null : viewOfDecided(decided)
    const reshape = view === null ? undefined : this.#reshapeIn(view)
    const { request } = send.to
    const { outcome } = send
    if (!outcome.ok) host.feed({ i: 'claimReply', request, outcome: { ...outcome, state: view }, reshape })
    else if (view !== null) host.feed({ i: 'claimReply', request, outcome: { ok: true, state: view }, reshape })
  }
}

function viewOfDecided({ value: { registry, proof } }: Accepted): RegistryView | null {
  if (registry.status !== 'founded' || proof === null) return null
  const { node } = registry.lastGrant
  return viewOf(registry, { grant: proof, certificate: certificateOf(registry.cluster, node) })
}
