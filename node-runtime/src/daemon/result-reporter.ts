/**
 * The master tells the authentication node the result of each block (NW4) and when it last heard the other clusters (RG6), gathered and
 * signed. Nothing waits for it.
 */
import { heardOf } from '@baton/shared/core/node/heard'
import { isLeading, type NodeState } from '@baton/shared/core/node/state'
import type { ResultReport } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Hash, Height, Instant } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlLink } from '@baton/shared/ports/control-link'

export interface ResultReporter {
  executed(height: Height, block: Hash, result: Hash): void
  stop(): void
}

export interface ResultReporterPorts {
  readonly state: () => NodeState
  readonly now: () => Instant
  readonly control: ControlLink
  readonly privateKey: Parameters<typeof signStatement>[2]
}

const GATHER_MS = 2_000

export function resultReporter({ state, now, control, privateKey }: ResultReporterPorts): ResultReporter {
  let gathered: ResultReport['results'][number][] = []
  let reportedAt = now()
  const timer = setInterval(() => void report(), GATHER_MS)
  timer.unref()

  async function report(): Promise<void> {
    const { config, guard } = state()
    const { network, cluster, node, recoverAfterMs } = config.election
    if (!isLeading(state())) gathered = []
    if (!control.connected || !isLeading(state())) return
    // What was heard is fresh for a third of `recoverAfter`; results go as they come.
    if (gathered.length === 0 && now() - reportedAt < recoverAfterMs / 6) return
    reportedAt = now()
    const results = gathered
    gathered = []
    const { generation, epoch } = guard.token
    const statement = await signStatement(
      'resultReport',
      { network, cluster, generation, epoch, node, results, heard: heardOf(state(), now()) },
      privateKey,
    )
    control.send({ t: 'results', report: statement })
  }

  return {
    executed(height, block, result) {
      if (!isLeading(state())) return
      gathered.push({ height, block, result })
      // While the authority is away the newest are enough: comparison looks at recent heights only.
      if (gathered.length > LIMITS.resultsPerReport) gathered.shift()
    },
    stop: () => clearInterval(timer),
  }
}
