/** A registry under test: every step is checked against the invariants. */

import { brokenInvariants } from '@baton/shared/core/registry/invariants'
import { step } from '@baton/shared/core/registry/machine'
import type {
  OperatorAction,
  Outcome,
  RecoveredBy,
  RegistryInput,
  RegistryStep,
  Report,
  RequestRef,
} from '@baton/shared/core/registry/messages'
import {
  type FoundedRegistry,
  type GrantRecord,
  type Member,
  type Registry,
  type RegistryState,
  startAuthority,
} from '@baton/shared/core/registry/types'
import type { Claim, ClaimEvidence, Grant, Reshape, Resignation } from '@baton/shared/crypto/statement-types'
import type { ClusterPolicy } from '@baton/shared/genesis'
import { POLICY_DEFAULTS } from '@baton/shared/genesis'
import type {
  ClusterId,
  Epoch,
  Generation,
  Instant,
  Jws,
  LogIndex,
  NetworkId,
  NodeId,
  PublicKey,
  SiteId,
  Token,
  UnixMs,
  Version,
} from '@baton/shared/ids'
import type { OrderView } from '@baton/shared/protocol/control'
import { expect } from 'vitest'
import { MEMBER_KEYS } from '../../support/majority-members.ts'

export const NETWORK = 'testnet' as NetworkId
export const CLUSTER = 'c1' as ClusterId
export const [A, B, C, D] = ['c1-a', 'c1-b', 'c1-c', 'c1-d'] as unknown as [NodeId, NodeId, NodeId, NodeId]
export const REQUEST: RequestRef = { channel: 'test', request: 1 }

export const POLICY: ClusterPolicy = {
  heartbeatMs: 50,
  suspectAfterMs: 500,
  masterTtlMs: 1_000,
  ...POLICY_DEFAULTS,
  startupGraceMs: 2_000,
  durability: 'preferred',
  syncReplicas: 1,
}

export function member(node: NodeId, overrides: Partial<Member> = {}): Member {
  return {
    node,
    site: 'x' as SiteId,
    certificate: `certificate.of.${node}` as Jws,
    key: MEMBER_KEYS.get(node)?.publicKey ?? (`key-of-${node}` as PublicKey),
    expiresAt: 9_999_999_999_999 as UnixMs,
    peerAddress: `${node}:1`,
    apiAddress: `${node}:2`,
    priority: 0,
    noFailover: false,
    ...overrides,
  }
}

export function token(epoch: number, generation = 0): Token {
  return { generation: generation as Generation, epoch: epoch as Epoch }
}

export class RegistryUnderTest {
  state: RegistryState
  /** Virtual time in ms. */
  now = 10_000
  last: RegistryStep | undefined
  /** Every grant row written, in order. */
  readonly granted: GrantRecord[] = []
  private sessions = 0

  readonly policy: ClusterPolicy

  constructor(policy: Partial<ClusterPolicy> = {}) {
    this.policy = { ...POLICY, ...policy }
    this.state = startAuthority({ status: 'absent' }, this.now as Instant)
  }

  send(input: RegistryInput): RegistryStep {
    const before = this.state
    const taken = step(before, input, { now: this.now as Instant, wallClock: this.now as UnixMs })
    expect(brokenInvariants(before, taken)).toEqual([])
    this.state = taken.state
    this.last = taken
    for (const write of taken.write) if (write.w === 'grant') this.granted.push(write.grant)
    return taken
  }

  create(): RegistryStep {
    return this.send({ i: 'create', network: NETWORK, cluster: CLUSTER, founder: A, policy: this.policy })
  }

  /** Registers a node with a fresh session. */
  register(node: NodeId, overrides: Partial<Member> = {}): RegistryStep {
    this.sessions += 1
    const session = `session-${this.sessions}`
    const seen = this.send({ i: 'memberSeen', member: member(node, overrides), nonce: `challenge-${session}` })
    this.send({ i: 'sessionOpened', node, session })
    return seen
  }

  session(node: NodeId): string {
    const session = this.state.hearing.sessions.get(node)
    if (session === undefined) throw new Error(`${node} has no session`)
    return session.id
  }

  close(node: NodeId): RegistryStep {
    return this.send({ i: 'sessionClosed', node, session: this.session(node) })
  }

  report(node: NodeId, overrides: Partial<Report> = {}): RegistryStep {
    const report: Report = {
      report: 1,
      token: this.token,
      role: node === this.registry.master ? 'master' : 'follower',
      stalled: false,
      durableIndex: 10 as LogIndex,
      height: 1,
      heardMasterMs: null,
      heardSyncSetMs: null,
      ...overrides,
    }
    return this.send({ i: 'report', node, session: this.session(node), report })
  }

  claimOf(node: NodeId, evidence: ClaimEvidence, overrides: Partial<Claim> = {}): Claim {
    const { generation, epoch, version } = this.registry
    return {
      network: NETWORK,
      cluster: CLUSTER,
      generation,
      epoch: (epoch + 1) as Epoch,
      version,
      node,
      nonce: `nonce-of-${node}-${epoch + 1}`,
      evidence,
      durableIndex: 10 as LogIndex,
      coming: null,
      ...overrides,
    }
  }

  claim(node: NodeId, evidence: ClaimEvidence, overrides: Partial<Claim> = {}): Outcome {
    const claim = this.claimOf(node, evidence, overrides)
    return outcomeOf(this.send({ i: 'claim', from: REQUEST, claim, resignation: null }))
  }

  reshape(syncSet: readonly NodeId[], overrides: Partial<Reshape> = {}): Outcome {
    const { generation, epoch, version, master } = this.registry
    const reshape: Reshape = {
      network: NETWORK,
      cluster: CLUSTER,
      generation,
      epoch,
      version,
      node: master,
      syncSet,
      ...overrides,
    }
    return outcomeOf(this.send({ i: 'reshape', from: REQUEST, reshape, statement: 'signed.reshape.x' as Jws }))
  }

  /** The master resigns in favour of `node`, which claims with its word. */
  handOver(node: NodeId, overrides: Partial<Claim> = {}): Outcome {
    const { master, lastGrant } = this.registry
    // After a restore the master acts under the token before (RG8).
    const { generation, epoch } = lastGrant
    const resignation: Resignation = { network: NETWORK, cluster: CLUSTER, generation, epoch, node: master, to: node }
    const claim = this.claimOf(node, { kind: 'resigned', resignation: 'x.y.z' as Jws }, overrides)
    return outcomeOf(this.send({ i: 'claim', from: REQUEST, claim, resignation }))
  }

  order(id: string, node: NodeId): RegistryStep {
    return this.send({ i: 'order', id, node, cause: 'threshold', why: 'too many errors' })
  }

  operator(action: OperatorAction): Outcome {
    return outcomeOf(this.send({ i: 'operator', from: REQUEST, by: 'ann', why: 'maintenance', action }))
  }

  verified(node: NodeId, at = this.token): Outcome {
    return outcomeOf(this.send({ i: 'verified', from: REQUEST, node, token: at, height: 7 }))
  }

  /** What a node holds, said in its present session. */
  shows(node: NodeId, grant: GrantRecord | null, reshape: Partial<Reshape> | null = null): RegistryStep {
    const shownGrant = grant === null ? null : grantOf(grant)
    const shownReshape = reshape === null || grant === null ? null : reshapeOf(grant, reshape)
    return this.send({ i: 'shown', node, session: this.session(node), grant: shownGrant, reshape: shownReshape })
  }

  /** The storage is put back to what it was: the authority starts over an older registry. */
  restore(registry: Registry): void {
    this.state = startAuthority(registry, this.now as Instant)
  }

  raise(generation: number, bars: readonly NodeId[] = [], orders: readonly OrderView[] = []): Outcome {
    return this.operator({ act: 'raise-generation', generation: generation as Generation, bars, orders })
  }

  recovered(node: NodeId, by: RecoveredBy, at = this.token): Outcome {
    return outcomeOf(this.send({ i: 'recovered', from: REQUEST, node, token: at, by }))
  }

  /** What the other clusters hear of this one, put together by the directory. */
  elsewhere(silentForMs: number, reporters = 3, clusters = 4): RegistryStep {
    return this.send({ i: 'foreignSilence', reporters, clusters, silentForMs })
  }

  /** A new life of the authority over the same disk. */
  restart(): void {
    this.state = startAuthority(this.state.registry, this.now as Instant)
  }

  get registry(): FoundedRegistry {
    if (this.state.registry.status !== 'founded') throw new Error('not founded')
    return this.state.registry
  }
  get token(): Token {
    return { generation: this.registry.generation, epoch: this.registry.epoch }
  }
  get version(): Version {
    return this.registry.version
  }
}

export function grantOf(record: GrantRecord): Grant {
  const { certificate: _, ...grant } = record
  return { network: NETWORK, cluster: CLUSTER, ...grant }
}

/** Made at the token of `grant` by its holder. */
export function reshapeOf(grant: GrantRecord, overrides: Partial<Reshape>): Reshape {
  const { generation, epoch, version, node, syncSet } = grant
  return { network: NETWORK, cluster: CLUSTER, generation, epoch, version, node, syncSet, ...overrides }
}

export function outcomeOf(taken: RegistryStep): Outcome {
  const reply = taken.send.find((send) => send.s === 'reply')
  if (reply === undefined) throw new Error('no reply')
  return reply.outcome
}

/** A founded cluster: A is master of epoch 1, A and B are the sync set, C follows; all sessions open, grace over. */
export function foundedCluster(policy: Partial<ClusterPolicy> = {}): RegistryUnderTest {
  const cluster = new RegistryUnderTest(policy)
  cluster.create()
  for (const node of [A, B, C]) cluster.register(node)
  cluster.reshape([A, B])
  cluster.now += POLICY.startupGraceMs
  cluster.report(A)
  cluster.report(B)
  cluster.report(C)
  return cluster
}

/** A and B, the whole sync set, are gone for longer than `recoverAfter`, here and elsewhere; C is alive and reports. */
export function lostCluster(policy: Partial<ClusterPolicy> = {}): RegistryUnderTest {
  const cluster = foundedCluster(policy)
  cluster.close(A)
  cluster.close(B)
  cluster.now += cluster.policy.recoverAfterMs
  cluster.report(C)
  cluster.elsewhere(cluster.policy.recoverAfterMs)
  return cluster
}
