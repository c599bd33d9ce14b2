/** Tells what happens in a world as an operator would read it: the log lines of the nodes, and the decisions of the authorities. */
import { unreachable } from '@baton/shared/assert'
import type { AuditEvent, AuditInput, AuditState, AuditStep } from '@baton/shared/core/audit/types'
import type { NodeEvent, NodeInput, NodeStep } from '@baton/shared/core/node/io'
import type { NodeState } from '@baton/shared/core/node/state'
import type { RegistryEvent, RegistryInput, RegistryStep } from '@baton/shared/core/registry/messages'
import type { RegistryState } from '@baton/shared/core/registry/types'
import { describe } from '../../node-runtime/src/daemon/event-log.ts'
import type { WorldAuthority } from '../support/world/authority.ts'
import type { Host } from '../support/world/host.ts'
import type { WorldObserver } from '../support/world/observer.ts'

/** Log lines that say the same again, or belong to the running of the chain: blocks are counted instead. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'decided',
  'executed',
  'granted',
  'role',
  'master-known',
  'round',
  'timed-out',
  'guard-leading',
  'follower-attached',
  'commit-without-block',
])
/** What an authority does many times a second, or on behalf of the world's beginning. */
const ROUTINE: ReadonlySet<RegistryEvent['event']> = new Set(['confirmed', 'member-changed', 'created'])

const NAME_WIDTH = 14

export class Narrator implements WorldObserver {
  /** Clusters whose nodes are told of. */
  watched: ReadonlySet<string> = new Set(['c1'])
  #now: () => number = () => 0
  #from = 0
  #lines: string[] = []
  #height = 0
  #toldHeight = 0

  /** `now` in ms; lines count from the last `take`. */
  watch(now: () => number): void {
    this.#now = now
  }

  stepped(host: Host, _before: NodeState, input: NodeInput, { state, events, rejected }: NodeStep): void {
    this.#height = Math.max(this.#height, state.chain.tip.height)
    if (!this.watched.has(host.cluster)) return
    for (const event of events) this.#nodeSays(host, event)
    if (input.i === 'resign' && rejected !== undefined) this.#tell(host.node, `does not hand over: ${rejected.why}`)
  }

  registryStepped(authority: WorldAuthority, _before: RegistryState, _input: RegistryInput, step: RegistryStep): void {
    if (!this.watched.has(authority.cluster)) return
    for (const event of step.events) {
      if (!ROUTINE.has(event.event)) this.#tell(`authority ${authority.cluster}`, registrySentence(event))
    }
  }

  audited(_before: AuditState, _input: AuditInput, { events, send }: AuditStep): void {
    for (const event of events) this.#tell('directory', auditSentence(event))
    for (const each of send) {
      if (each.s !== 'order') continue
      const { order, bars } = each
      this.#tell('directory', `orders a switch away from ${order.node}${bars ? ', and bars it' : ''}: ${order.why}`)
    }
  }

  stopped(host: Host, why: string): void {
    this.#tell(host.node, `the process ends: ${why}`)
  }

  /** Everything since the last call; blocks that the network decided come last, as one line. */
  take(): readonly string[] {
    const lines = this.#lines
    if (this.#height > this.#toldHeight)
      lines.push(`${time(this.#now() - this.#from)}  ${'network'.padEnd(NAME_WIDTH)}the chain grows`)
    this.restart()
    return lines
  }

  /** What happened so far is not told. */
  restart(): void {
    this.#lines = []
    this.#toldHeight = this.#height
    this.#from = this.#now()
  }

  #nodeSays(host: Host, event: NodeEvent): void {
    const { name, sentence, level } = describe(event)
    if (level !== 'debug' && !LEFT_OUT.has(name)) this.#tell(host.node, sentence)
  }

  #tell(who: string, sentence: string): void {
    this.#lines.push(`${time(this.#now() - this.#from)}  ${who.padEnd(NAME_WIDTH)}${sentence}`)
  }
}

function auditSentence(event: AuditEvent): string {
  switch (event.event) {
    case 'result-mismatch': {
      const { by, height, result, agreeing } = event
      const others = agreeing.join(', ')
      return result === null
        ? `${by.node} has no result of height ${height}, on which ${others} agree`
        : `${by.node} has another result of height ${height} than ${others}`
    }
    case 'equivocation':
      return `${event.by.node} has signed two ${event.type}s at height ${event.height}, round ${event.round}`
    case 'invalid-proposal': {
      const { by, height, round, accusers } = event
      return `${by.node} proposed an invalid block at height ${height}, round ${round}, say ${accusers.join(', ')}`
    }
    case 'missed-votes':
      return `${event.by.node} has missed ${event.inARow} heights in a row, up to ${event.upTo}`
    case 'threshold-passed':
      return `${event.by.node} has passed the threshold of errors: ${event.why}`
    case 'too-many-suspects':
      return `too many suspects, nobody is ordered out: ${event.clusters.join(', ')}`
    default:
      return unreachable(event)
  }
}

function registrySentence({ event, who, why, code, after }: RegistryEvent): string {
  const refused = code === null ? '' : ` (${code})`
  switch (event) {
    case 'granted':
      return `epoch ${after.epoch} is granted to ${who}: ${why}`
    case 'claim-refused':
      return `a claim of ${who} is refused${refused}: ${why}`
    case 'reshaped':
      return `the sync set is ${after.syncSet.join(', ')}, version ${after.version}`
    default:
      return `${event}${refused}, ${who}: ${why}`
  }
}

function time(ms: number): string {
  return `${Math.round(ms)} ms`.padStart(9)
}
