/**
 * The directory of the network: the real audit machine, fed by what masters report and find, as their daemons would send it; its orders and
 * what it knows of silences go to the authorities. What it has on disk is the master table and the order that stands.
 */
import { createAudit, step } from '@baton/shared/core/audit/machine'
import type { AuditPolicy } from '@baton/shared/core/audit/policy'
import type {
  AuditInput,
  AuditSend,
  AuditState,
  AuditStep,
  MissedRun,
  Reporter,
  ResultEntry,
  StandingOrder,
} from '@baton/shared/core/audit/types'
import { findingOf } from '@baton/shared/core/node/findings'
import type { NodeEvent, NodeSend } from '@baton/shared/core/node/io'
import { dueReport, type Gathered, gather, reportEveryMs } from '@baton/shared/core/node/reporting'
import { isLeading } from '@baton/shared/core/node/state'
import type { ResultReport } from '@baton/shared/crypto/statement-types'
import { type ClusterId, compareTokens, type NodeId, sameToken, type Token } from '@baton/shared/ids'
import type { RegistryView } from '@baton/shared/protocol/control'
import type { WorldAuthority } from './authority.ts'
import type { EdgeAdversity } from './edge.ts'
import type { Host } from './host.ts'
import type { Schedule } from './schedule.ts'
import type { Signer } from './signatures.ts'
import { keyOf, openCredential } from './statements.ts'

type Master = Extract<AuditInput, { readonly i: 'master' }>
type Accusation = Extract<AuditInput, { readonly i: 'accusation' }>

/** What a master says to the directory in place of what it should. */
export type Slander = (
  host: Host,
  report: ResultReport,
  masters: ReadonlyMap<ClusterId, Reporter>,
) => { readonly report: ResultReport; readonly accusations: readonly Accusation[] }

/** Within it a majority that is there has decided. */
const DECIDED_MS = 1_000

export interface DirectoryPorts {
  readonly schedule: Schedule
  readonly policy: Partial<AuditPolicy> & Pick<AuditPolicy, 'recoverAfterMs'>
  readonly hosts: ReadonlyMap<NodeId, Host>
  readonly authorities: ReadonlyMap<ClusterId, WorldAuthority>
  readonly signer: Signer
  readonly up: () => boolean
  readonly adversity: () => EdgeAdversity
  readonly latencyMs: () => number
  /** In [0, 1). */
  readonly draw: () => number
  readonly slander: Slander | null
  readonly reports: (host: Host, report: ResultReport) => void
  readonly stepped: (before: AuditState, input: AuditInput, step: AuditStep) => void
  readonly restarted: (standing: StandingOrder | null) => void
}

export class WorldDirectory {
  state: AuditState
  readonly #ports: DirectoryPorts
  readonly #masters = new Map<ClusterId, Master>()
  readonly #gathered = new Map<Host, { readonly life: number; readonly gathered: Gathered }>()
  #standingOnDisk: StandingOrder | null = null

  constructor(ports: DirectoryPorts) {
    this.#ports = ports
    this.state = this.#create()
    const everyMs = reportEveryMs(ports.policy.recoverAfterMs)
    const tick = () => {
      ports.schedule.after(everyMs, tick)
      for (const host of ports.hosts.values()) this.#report(host)
      if (ports.up()) this.#step({ i: 'tick' })
    }
    ports.schedule.after(everyMs, tick)
  }

  /** Its memory is gone. */
  restart(): void {
    this.state = this.#create()
    this.#ports.restarted(this.#standingOnDisk)
    for (const master of this.#masters.values()) this.#step(master)
  }

  /** An authority has granted: told until it is known, in any order. */
  learn({ credential }: RegistryView): void {
    const grant = openCredential(credential)?.grant
    if (grant === undefined) return
    this.#later(() => {
      const { cluster, generation, epoch, node, recovering } = grant
      const known = this.#masters.get(cluster)
      if (known !== undefined && compareTokens(grant, known.by) <= 0) return
      const master: Master = { i: 'master', by: { cluster, generation, epoch, node }, recovering }
      this.#masters.set(cluster, master)
      this.#step(master)
    })
  }

  gather(host: Host, { entry, missed }: Extract<NodeSend, { s: 'result' }>): void {
    this.#gathered.set(host, { life: host.life, gathered: gather(this.#gatheredBy(host), entry, missed) })
  }

  /** Said at once. What proves itself is verified here, by the keys of the grants that name their holders. */
  found(host: Host, events: readonly NodeEvent[]): void {
    if (events.length === 0 || !isLeading(host.state)) return
    for (const event of events) {
      const finding = findingOf(event, reporterOf(host), (cluster, token) => this.#holderOf(cluster, token))
      if (finding === null || ('kind' in event && event.kind === 'equivocation' && !this.#verifies(event))) continue
      this.#from(host, reporterOf(host), finding)
    }
  }

  #report(host: Host): void {
    const { slander, reports } = this.#ports
    if (!host.alive || host.frozen) return
    const due = dueReport(host.state, this.#gatheredBy(host), host.clock.now(), host.session !== null)
    this.#gathered.set(host, { life: host.life, gathered: due.gathered })
    if (due.report === null) return
    const masters = new Map([...this.#masters].map(([cluster, { by }]) => [cluster, by]))
    const said = slander?.(host, due.report, masters)
    const { results, missed = [], heard } = said?.report ?? due.report
    const by = reporterOf(host)
    reports(host, due.report)
    this.#from(host, by, {
      i: 'report',
      by,
      results: results as readonly ResultEntry[],
      missed: missed as readonly MissedRun[],
      heard,
    })
    for (const accusation of said?.accusations ?? []) this.#from(host, by, accusation)
  }

  #gatheredBy(host: Host): Gathered {
    const known = this.#gathered.get(host)
    return known?.life === host.life ? known.gathered : { results: [], missed: [], reportedAt: host.clock.now() }
  }

  /** Only the master of the table, at its token, speaks for its cluster. */
  #from(host: Host, by: Reporter, input: AuditInput): void {
    if (host.session === null) return
    this.#carry(() => {
      const known = this.#masters.get(by.cluster)?.by
      if (known?.node !== by.node || !sameToken(known, by)) return
      this.#step(input)
    })
  }

  #step(input: AuditInput): void {
    const before = this.state
    const done = step(before, input, { now: this.#ports.schedule.now })
    this.state = done.state
    for (const { order } of done.write) this.#standingOnDisk = order
    this.#ports.stepped(before, input, done)
    for (const send of done.send) this.#tell(send)
  }

  #tell(send: AuditSend): void {
    const { authorities } = this.#ports
    const authority = authorities.get(send.cluster)!
    if (send.s === 'foreignSilence') {
      const { reporters, clusters, silentForMs } = send
      this.#carry(() => authority.input({ i: 'foreignSilence', reporters, clusters, silentForMs }))
      return
    }
    const { order, bars } = send
    this.#carry(() => {
      authority.input({ i: 'order', ...order, bars })
      const answer = () => {
        const { registry } = authority.state
        const taken = registry.status === 'founded' && registry.ordersSeen.includes(order.id)
        this.#carry(() => this.#step({ i: taken ? 'orderTaken' : 'orderEnded', id: order.id }))
      }
      // MJ1: members take their time to decide.
      if (authority.arbiter === 'majority') this.#ports.schedule.after(DECIDED_MS, answer)
      else answer()
    })
  }

  /** Takes its time, and may be lost, or come twice. */
  #carry(act: () => void): void {
    const { adversity, draw } = this.#ports
    const { loss, duplication } = adversity()
    if (loss > 0 && draw() < loss) return
    this.#later(act)
    if (duplication > 0 && draw() < duplication) this.#later(act)
  }

  #later(act: () => void): void {
    const { schedule, adversity, latencyMs, up } = this.#ports
    schedule.after(latencyMs() * adversity().slowness, () => {
      if (up()) act()
    })
  }

  #holderOf(cluster: ClusterId, token: Token): NodeId | null {
    return this.#ports.authorities.get(cluster)?.grants.find((grant) => sameToken(grant, token))?.node ?? null
  }

  #verifies({ evidence }: Extract<NodeEvent, { kind: 'equivocation' }>): boolean {
    const { signer } = this.#ports
    return [evidence.first, evidence.second].every((act) => {
      const node = this.#holderOf(act.cluster, act)
      if (node === null) return false
      return 'type' in act ? signer.isVote(keyOf(node), act) : signer.isProposal(keyOf(node), act)
    })
  }

  #create(): AuditState {
    const { authorities, policy } = this.#ports
    return createAudit([...authorities.keys()], policy, this.#standingOnDisk)
  }
}

function reporterOf({ cluster, node, state }: Host): Reporter {
  const { generation, epoch } = state.guard.token
  return { cluster, generation, epoch, node }
}
