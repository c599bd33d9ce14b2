/**
 * Watches everything that leaves a host and everything that is granted, and says what breaks a promise (TESTING: "What must
 * hold"). It knows the disks and the registries, and believes no node's word.
 */

import { brokenInvariants as brokenAudit } from '@baton/shared/core/audit/invariants'
import type { AuditInput, AuditState, AuditStep, StandingOrder } from '@baton/shared/core/audit/types'
import { stateViolations } from '@baton/shared/core/consensus/invariants'
import type { NodeInput, NodeSend, NodeStep, UnsignedAct } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import { brokenInvariants } from '@baton/shared/core/registry/invariants'
import type { RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import type { Resignation, ResultReport } from '@baton/shared/crypto/statement-types'
import type { ClusterId, Hash, Height, Token } from '@baton/shared/ids'
import type { PeerMessage } from '@baton/shared/protocol/peer'
import type { HeldClaim, Host } from './host.ts'
import { Acts } from './invariants/acts.ts'
import { Audits } from './invariants/audits.ts'
import { Chain } from './invariants/chain.ts'
import { CountedVotes } from './invariants/counted-votes.ts'
import { ForeignTokens } from './invariants/foreign-tokens.ts'
import { Held } from './invariants/held.ts'
import { Offices } from './invariants/offices.ts'
import { Recoveries } from './invariants/recovery.ts'
import { RevokedKeys } from './invariants/revoked-keys.ts'
import { Rulings } from './invariants/rulings.ts'
import type { Breach, InvariantName, Scene } from './invariants/scene.ts'
import { StolenGrants } from './invariants/stolen-grants.ts'
import { Tokens } from './invariants/tokens.ts'
import { Votes } from './invariants/votes.ts'
import { Wholeness } from './invariants/wholeness.ts'

export type WatchPorts = Omit<Scene, 'breach'>

export class Watch {
  /** What broke, in order. Empty when all is well. */
  readonly found: Breach[] = []
  /** Predicates evaluated so far. */
  evaluations = 0
  readonly #tokens: Tokens
  readonly #held: Held
  readonly #acts: Acts
  readonly #chain: Chain
  readonly #votes: Votes
  readonly #foreign: ForeignTokens
  readonly #offices: Offices
  readonly #recoveries: Recoveries
  readonly #rulings: Rulings
  readonly #audits: Audits
  readonly #wholeness: Wholeness
  readonly #counted: CountedVotes
  readonly #revoked: RevokedKeys
  readonly #stolen: StolenGrants
  readonly #breach: Scene['breach']
  readonly #hosts: Scene['hosts']
  /** Clusters with two copies of a node: what they say among themselves binds nobody, and only the chain of the others is looked at. */
  readonly #lying = new Set<ClusterId>()

  constructor(ports: WatchPorts) {
    const scene: Scene = {
      ...ports,
      breach: (invariant: InvariantName, sentence: string) => {
        this.found.push({ at: ports.now(), invariant, sentence })
      },
    }
    this.#tokens = new Tokens(scene)
    this.#held = new Held(scene)
    this.#acts = new Acts(scene)
    this.#chain = new Chain(scene)
    this.#votes = new Votes(scene)
    this.#foreign = new ForeignTokens(scene)
    this.#offices = new Offices(scene, this.#held)
    this.#recoveries = new Recoveries(scene)
    this.#rulings = new Rulings(scene)
    this.#audits = new Audits(scene)
    this.#counted = new CountedVotes(scene)
    this.#wholeness = new Wholeness(scene, this.#held)
    this.#revoked = new RevokedKeys(scene)
    this.#stolen = new StolenGrants(scene)
    this.#breach = scene.breach
    this.#hosts = ports.hosts
  }

  /** As `time: rule: sentence`. */
  get breaches(): readonly string[] {
    return this.found.map(({ at, invariant, sentence }) => `${at.toFixed(1)}: ${invariant}: ${sentence}`)
  }

  get acknowledgedIds(): ReadonlySet<Hash> {
    return this.#chain.acknowledged
  }

  get answeredIds(): ReadonlySet<Hash> {
    return this.#chain.answered
  }

  get signatures(): number {
    return this.#acts.signatures
  }

  lies(cluster: ClusterId): void {
    this.#lying.add(cluster)
    this.#givesUp(cluster)
  }

  stepped(host: Host, before: NodeState, input: NodeInput, step: NodeStep): void {
    if (this.#lying.has(host.cluster)) return
    this.evaluations += 1
    this.#tokens.stepped(host, before, input, step)
    this.#revoked.stepped(host, before, input, step)
    this.#stolen.stepped(host, before, input, step)
    this.#foreign.stepped(host, before, step.state)
    this.#offices.stepped(host, before, step)
    if (input.i === 'vote') this.#counted.stepped(host, before, input, step)
    if (step.events.length > 0) this.#recoveries.stepped(host, step)
  }

  registryStepped(cluster: ClusterId, before: RegistryState, input: RegistryInput, step: RegistryStep): void {
    this.evaluations += 1
    this.#revoked.registryStepped(cluster, before, input, step)
    for (const broken of brokenInvariants(before, step)) this.#breach('RG registry step', `${cluster}: ${broken}`)
    if (this.#lying.has(cluster)) return
    this.#offices.registryStepped(cluster, before, input, step)
    this.#rulings.stepped(cluster, before, input, step)
    this.#recoveries.ended(cluster, input)
    if (givesUp(step)) this.#givesUp(cluster)
    if (before.registry !== step.state.registry) this.#held.check(cluster)
  }

  /** MJ1: the members of a cluster have decided two things. */
  undecided(cluster: ClusterId, sentence: string): void {
    this.#breach('MJ1 one line of decisions', `${cluster}: ${sentence}`)
  }

  reports(host: Host, report: ResultReport): void {
    this.#audits.reports(host, report)
  }

  audited(before: AuditState, input: AuditInput, step: AuditStep): void {
    this.evaluations += 1
    for (const broken of brokenAudit(before, step)) this.#breach('NW audit step', broken)
    this.#audits.stepped(input, step)
  }

  auditRestarted(standing: StandingOrder | null): void {
    this.#audits.restarted(standing)
  }

  began(host: Host, remembered: Token | null): void {
    if (this.#lying.has(host.cluster)) return
    this.#tokens.began(host, remembered)
    this.#foreign.began(host)
    this.#revoked.began(host)
    this.#stolen.began(host)
  }

  answers(host: Host, message: PeerMessage): void {
    if (this.#lying.has(host.cluster)) {
      if (message.t === 'epochAck') this.#recoveries.acknowledged(host, message)
      return
    }
    this.#wholeness.says(host, message)
    if (message.t === 'epochAck') this.#recoveries.acknowledges(host, message)
    else this.#tokens.answers(host, message)
  }

  resigned(host: Host, resignation: Resignation): void {
    if (this.#lying.has(host.cluster)) return
    this.#offices.resigned(host, resignation)
  }

  held(host: Host, claim: HeldClaim): void {
    if (this.#lying.has(host.cluster)) return
    this.evaluations += 1
    this.#held.called(host, claim)
    this.#foreign.held(host, claim)
  }

  signed(host: Host, token: Token, unsigned: UnsignedAct): void {
    if (this.#lying.has(host.cluster)) return
    this.evaluations += 1
    this.#acts.signed(host, token, unsigned)
    this.#offices.signed(host, token)
    this.#foreign.signed(host, token)
    this.#recoveries.signed(host, token)
    const { height } = unsigned.act === 'vote' ? unsigned.vote : unsigned.proposal
    this.#recoveries.signedAt(host, token, height)
    if (unsigned.act === 'vote') this.#votes.signed(host, unsigned.vote)
  }

  executed(host: Host, executed: Extract<NodeSend, { s: 'executed' }>): void {
    this.evaluations += 1
    this.#chain.executed(host, executed)
  }

  acknowledged(host: Host, height: Height): void {
    if (this.#lying.has(host.cluster)) return
    this.evaluations += 1
    this.#chain.told(host, height)
  }

  /** Of a lying cluster: one that sees two masters of one token stops, as it should (GU3). */
  failed(host: Host, error: unknown): void {
    if (this.#lying.has(host.cluster)) return
    const why =
      error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error)
    this.#breach('no node stops on its own assertion', `${host.node} stops: ${why}`)
  }

  emptied(host: Host): void {
    if (this.#lying.has(host.cluster)) return
    this.#wholeness.emptied(host)
  }

  /** A disk has lost something: a crash, a truncation. */
  diskChanged(host: Host): void {
    this.#held.check(host.cluster)
  }

  /** What this cluster has called held may be lost to it. */
  #givesUp(cluster: ClusterId): void {
    this.#held.lost(cluster)
    this.#foreign.lost(cluster)
    this.#wholeness.lost(cluster)
  }

  /** Everything anew, from what is stored: must find the same as what was found event by event. */
  recount(): void {
    this.#tokens.recount()
    this.#held.recount()
    this.#acts.recount()
    this.#chain.recount()
    for (const { node, alive, state } of this.#hosts.values()) {
      if (!alive) continue
      for (const broken of stateViolations(state.consensus)) this.#breach('consensus state', `${node}: ${broken}`)
    }
  }
}

/** A recovering grant, or the end of a restore that did not wait for everybody: what was held may be lost. */
function givesUp({ write, events }: RegistryStep): boolean {
  return (
    write.some((each) => each.w === 'grant' && each.grant.recovering) ||
    events.some(({ event }) => event === 'restore-accepted')
  )
}
