/** The authority of one cluster in the world: the real registry machine over sessions that the world opens and closes. */

import { step } from '@baton/shared/core/registry/machine'
import type { OperatorAction, RegistryInput, RegistrySend, RegistryStep } from '@baton/shared/core/registry/messages'
import { type Registry, type RegistryState, startAuthority } from '@baton/shared/core/registry/types'
import { grantOf, recordedSyncSet, viewOf } from '@baton/shared/core/registry/view'
import type { RecordedReshape } from '@baton/shared/crypto/recorded-sync-set'
import type { ClusterPolicy } from '@baton/shared/genesis'
import type { ClusterId, Generation, Instant, NetworkId, NodeId, Token, UnixMs } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import { Clock } from './clock.ts'
import { credentialOf, signSyncSet } from './statements.ts'

export interface AuthorityPorts {
  readonly now: () => Instant
  readonly after: (ms: number, run: () => void) => void
  readonly deliver: (node: NodeId, session: string, send: RegistrySend, view: RegistryView | null) => void
  readonly granted: (view: RegistryView) => void
  readonly stepped: (authority: WorldAuthority, before: RegistryState, input: RegistryInput, step: RegistryStep) => void
  /** The authority's end of a session is gone. */
  readonly dropped: (node: NodeId, session: string) => void
}

/** An instance that another one has replaced: it still answers from its memory, and can write nothing (DESIGN section 11). */
interface Fenced {
  state: RegistryState
  readonly sessions: Map<string, NodeId>
}

/** What keeps the registry of one cluster: an authority at the edge, or its members (`majority.ts`, MJ1). */
export interface WorldAuthority {
  readonly cluster: ClusterId
  readonly arbiter: 'edge' | 'majority'
  readonly clock: Clock
  readonly state: RegistryState
  readonly sessions: Map<string, NodeId>
  readonly grants: (Token & { readonly node: NodeId; readonly recovering: boolean; readonly at: Instant })[]
  readonly reshaped: RecordedReshape | null
  /** ID8: their owner has revoked their key. */
  readonly revoked: Set<NodeId>
  readonly givenUpBelow: Generation | null
  view(): RegistryView | null
  input(input: RegistryInput): void
  restart(): void
  revoke(node: NodeId): void
  backup(): Registry
  restore(backup: Registry): void
  operate(action: OperatorAction): void
  double(): void
  undouble(): void
}

export class EdgeAuthority implements WorldAuthority {
  readonly cluster: ClusterId
  readonly arbiter = 'edge'
  readonly clock: Clock
  state: RegistryState
  readonly sessions = new Map<string, NodeId>()
  /** ID8: on disk beside the registry, and acted on again at every start. */
  readonly revoked = new Set<NodeId>()
  /** Every grant ever made: node by token. */
  readonly grants: (Token & { readonly node: NodeId; readonly recovering: boolean; readonly at: Instant })[] = []
  /** The newest statement of a master about its sync set. */
  reshaped: RecordedReshape | null = null
  /** RG8: an operator ended a restore before all had shown what they hold: of the generations below this one anything may be lost. */
  givenUpBelow: Generation | null = null
  readonly #ports: AuthorityPorts
  #registryOnDisk: RegistryState['registry']
  #fenced: Fenced | null = null
  #lives = 0
  /** When the next tick comes, by true time; null: none is asked for. */
  #ticksAt: number | null = null
  #revocations = 0

  constructor(network: NetworkId, cluster: ClusterId, founder: NodeId, policy: ClusterPolicy, ports: AuthorityPorts) {
    this.cluster = cluster
    this.#ports = ports
    this.clock = new Clock(ports.now)
    this.state = startAuthority({ status: 'absent' }, this.clock.now())
    this.#registryOnDisk = this.state.registry
    this.input({ i: 'create', network, cluster, founder, policy })
  }

  view(): RegistryView | null {
    return shownBy(this.state)
  }

  input(input: RegistryInput): void {
    const session = sessionOf(input)
    if (session !== null && this.#fenced?.sessions.has(session)) this.#toFenced(this.#fenced, input)
    else this.#decide(input)
  }

  /** Its memory is gone, its storage is not. */
  restart(): void {
    this.#begin()
    this.#enforce()
  }

  #begin(): void {
    this.#endFenced()
    for (const [session, node] of this.sessions) this.#ports.dropped(node, session)
    this.sessions.clear()
    this.#lives += 1
    this.#ticksAt = null
    this.state = startAuthority(this.#registryOnDisk, this.clock.now())
  }

  revoke(node: NodeId): void {
    this.revoked.add(node)
    this.#revocations += 1
    this.#enforce()
  }

  /** What an operator would put back later. */
  backup(): Registry {
    return this.#registryOnDisk
  }

  /** RG8: the storage is as it was when `backup` was made, and its operator says so before anything else is asked of it. */
  restore(backup: Registry): void {
    this.#registryOnDisk = backup
    this.#begin()
    this.operate({ act: 'freeze' })
    this.#enforce()
  }

  operate(action: OperatorAction): void {
    const from = { channel: 'an operator', request: 1 }
    this.input({ i: 'operator', from, by: 'the operator', why: 'simulated', action })
  }

  /** A second instance takes over the storage; those who are connected stay with the old one for a while. */
  double(): void {
    if (this.#fenced !== null) return
    this.#fenced = { state: this.state, sessions: new Map(this.sessions) }
    this.sessions.clear()
    this.#lives += 1
    this.#ticksAt = null
    this.state = startAuthority(this.#registryOnDisk, this.clock.now())
    this.#enforce()
  }

  /** The old instance is gone, and its connections with it. */
  undouble(): void {
    this.#endFenced()
  }

  #decide(input: RegistryInput): void {
    const before = this.state
    const done = step(before, input, { now: this.clock.now(), wallClock: this.clock.wall() as UnixMs })
    this.state = done.state
    this.#registryOnDisk = done.state.registry
    for (const write of done.write) {
      if (write.w !== 'grant') continue
      const { generation, epoch, node, recovering } = write.grant
      this.grants.push({ generation, epoch, node, recovering, at: this.#ports.now() })
    }
    if (input.i === 'reshape' && done.write.some(({ w }) => w === 'reshape')) {
      this.reshaped = { reshape: input.reshape, statement: input.statement }
    }
    if (done.events.some(({ event }) => event === 'restore-accepted')) this.givenUpBelow = generationOf(done.state)
    this.#ports.stepped(this, before, input, done)
    const view = this.view()
    for (const send of done.send) {
      if (send.s === 'directory' && view !== null) this.#ports.granted(view)
      this.#say(send, this.sessions, view)
    }
    for (const { after } of done.timers) if (after !== null) this.#tick(after)
    if (done.send.some(({ s }) => s === 'directory')) this.#enforce()
  }

  /** No election for what is revoked, and no session, but for a master until it has been switched away from. */
  #enforce(): void {
    for (const node of this.revoked) {
      const { registry } = this.state
      const member = registry.status === 'absent' ? undefined : registry.members.get(node)
      if (member === undefined) continue
      const id = `revocation-${this.#revocations}:${node}`
      if (member.revoked !== true) {
        this.input({ i: 'revoked', id, node, key: member.key, by: 'the owner', why: 'simulated' })
      }
      if (registry.status === 'founded' && registry.master === node) continue
      for (const [session, held] of this.sessions) {
        if (held !== node) continue
        this.sessions.delete(session)
        this.#ports.dropped(node, session)
        this.input({ i: 'sessionClosed', node, session })
      }
    }
  }

  /** What needs no write leaves; a write fails, and ends it. */
  #toFenced(fenced: Fenced, input: RegistryInput): void {
    const context = { now: this.clock.now(), wallClock: this.clock.wall() as UnixMs }
    const done = step(fenced.state, input, context)
    if (done.write.length > 0 || done.events.length > 0) {
      this.#endFenced()
      return
    }
    fenced.state = done.state
    const view = shownBy(fenced.state)
    for (const send of done.send) this.#say(send, fenced.sessions, view)
  }

  #endFenced(): void {
    const fenced = this.#fenced
    this.#fenced = null
    if (fenced !== null) for (const [session, node] of fenced.sessions) this.#ports.dropped(node, session)
  }

  #say(send: RegistrySend, sessions: Map<string, NodeId>, view: RegistryView | null): void {
    for (const [session, node] of sessions) {
      const to = 'session' in send ? send.session : send.s === 'reply' ? send.to.channel : session
      if (to === session) this.#ports.deliver(node, session, send, view)
    }
    if (send.s !== 'closeSession') return
    const node = sessions.get(send.session)
    sessions.delete(send.session)
    if (node !== undefined) this.#ports.dropped(node, send.session)
  }

  /** One at a time, the earliest that was asked for: so does the alarm of a Durable Object. */
  #tick(after: number): void {
    const at = this.#ports.now() + after
    if (this.#ticksAt !== null && this.#ticksAt <= at) return
    this.#ticksAt = at
    const life = this.#lives
    this.#ports.after(after, () => {
      if (this.#lives !== life || this.#ticksAt !== at) return
      this.#ticksAt = null
      this.input({ i: 'tick' })
    })
  }
}

function generationOf({ registry }: RegistryState): Generation | null {
  return registry.status === 'absent' ? null : registry.generation
}

/** A registry changes far less often than its authority is spoken to. */
const shown = new WeakMap<Registry, RegistryView>()

function shownBy({ registry }: RegistryState): RegistryView | null {
  if (registry.status !== 'founded') return null
  const known = shown.get(registry)
  if (known !== undefined) return known
  const recorded = recordedSyncSet(registry)
  const view = {
    ...viewOf(registry, credentialOf(grantOf(registry, registry.lastGrant))),
    recorded: recorded === null ? null : signSyncSet(recorded),
  }
  shown.set(registry, view)
  return view
}

function sessionOf(input: RegistryInput): string | null {
  if ('session' in input) return input.session
  return 'from' in input && 'channel' in input.from ? input.from.channel : null
}
