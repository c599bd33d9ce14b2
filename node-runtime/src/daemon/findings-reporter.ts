/**
 * Tells the directory what this node, as a master, has found against others (NW4): gathered for a moment, signed, and sent beside
 * everything else. Findings that nobody takes in time are dropped: evidence is found again, or it no longer matters.
 */
import { findingOf } from '@baton/shared/core/node/findings'
import type { NodeEvent } from '@baton/shared/core/node/io'
import { mastershipOfToken } from '@baton/shared/core/node/screen'
import { isLeading, type NodeState } from '@baton/shared/core/node/state'
import type { Findings, Mastership, StatedEquivocation } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import { type ClusterId, sameToken, type Token } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlLink } from '@baton/shared/ports/control-link'
import { FINDINGS_SINCE } from '@baton/shared/protocol/control'
import { stateEquivocation } from '@baton/shared/protocol/findings'

export interface FindingsReporter {
  observe(event: NodeEvent): void
  /** The control link speaks this version now. */
  linked(protocol: number): void
  stop(): void
}

export interface FindingsReporterPorts {
  readonly state: () => NodeState
  readonly everyMs: number
  readonly control: Pick<ControlLink, 'send' | 'connected'>
  readonly privateKey: Parameters<typeof signStatement>[2]
}

type Accusation = Findings['accusations'][number]
type Waiting =
  | { readonly kind: 'evidence'; readonly stated: StatedEquivocation; readonly holders: readonly Mastership[] }
  | { readonly kind: 'accusation'; readonly accusation: Accusation }

export function findingsReporter(ports: FindingsReporterPorts): FindingsReporter {
  const { state, everyMs, control, privateKey } = ports
  let waiting: readonly Waiting[] = []
  let protocol = 0
  const timer = setInterval(() => void report(), everyMs)
  timer.unref()

  async function report(): Promise<void> {
    if (!isLeading(state())) waiting = []
    if (waiting.length === 0 || !control.connected || protocol < FINDINGS_SINCE) return
    const batch = batchOf(waiting)
    waiting = waiting.filter((finding) => !batch.includes(finding))
    const findings = await signStatement('findings', statementOf(state(), batch), privateKey)
    control.send({ t: 'findings', findings })
  }

  return {
    observe(event) {
      const finding = waitingOf(event, state())
      // The oldest stay: what a traitor says again and again pushes out only itself.
      if (finding !== null && waiting.length < LIMITS.findingsWaiting) waiting = [...waiting, finding]
    },
    linked(version) {
      protocol = version
    },
    stop: () => clearInterval(timer),
  }
}

function waitingOf(event: NodeEvent, state: NodeState): Waiting | null {
  if (!isLeading(state)) return null
  const holderOf = (cluster: ClusterId, token: Token) => mastershipOfToken(state, cluster, token)
  const found = findingOf(event, speakerOf(state), (cluster, token) => holderOf(cluster, token)?.node ?? null)
  if (found?.i === 'accusation') {
    const { against, height, round } = found
    return { kind: 'accusation', accusation: { ...against, height, round } }
  }
  if (found === null || !('kind' in event) || event.kind !== 'equivocation') return null
  const { cluster, first, second } = event.evidence
  const holders = (sameToken(first, second) ? [first] : [first, second]).flatMap((act) => holderOf(cluster, act) ?? [])
  return { kind: 'evidence', stated: stateEquivocation(event.evidence), holders }
}

/** What fits into one statement, oldest first. */
function batchOf(waiting: readonly Waiting[]): readonly Waiting[] {
  const evidence = waiting.filter(({ kind }) => kind === 'evidence').slice(0, LIMITS.evidencePerStatement)
  const accusations = waiting.filter(({ kind }) => kind === 'accusation').slice(0, LIMITS.accusationsPerStatement)
  return [...evidence, ...accusations]
}

function statementOf(state: NodeState, batch: readonly Waiting[]): Findings {
  const { network } = state.config.election
  const evidence = batch.flatMap((finding) => (finding.kind === 'evidence' ? [finding] : []))
  const credentials = evidence.flatMap(({ holders }) => holders.map(({ credential }) => credential))
  return {
    network,
    ...speakerOf(state),
    credentials: [...new Map(credentials.map((credential) => [credential.grant, credential])).values()],
    evidence: evidence.map(({ stated }) => stated),
    accusations: batch.flatMap((finding) => (finding.kind === 'accusation' ? [finding.accusation] : [])),
  }
}

function speakerOf({ config, guard }: NodeState) {
  const { cluster, node } = config.election
  const { generation, epoch } = guard.token
  return { cluster, generation, epoch, node }
}
