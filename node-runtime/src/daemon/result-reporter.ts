/** The master tells the authentication node the result of each block, gathered and signed (NW4). Nothing waits for it. */
import { isLeading, type NodeState } from '@baton/shared/core/node/state'
import type { ResultReport } from '@baton/shared/crypto/statement-types'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Hash, Height } from '@baton/shared/ids'
import { LIMITS } from '@baton/shared/limits'
import type { ControlLink } from '@baton/shared/ports/control-link'

export interface ResultReporter {
  executed(height: Height, block: Hash, result: Hash): void
  stop(): void
}

export interface ResultReporterPorts {
  readonly state: () => NodeState
  readonly control: ControlLink
  readonly privateKey: Parameters<typeof signStatement>[2]
}

const GATHER_MS = 2_000

export function resultReporter({ state, control, privateKey }: ResultReporterPorts): ResultReporter {
  let gathered: ResultReport['results'][number][] = []
  const timer = setInterval(() => void report(), GATHER_MS)
  timer.unref()

  async function report(): Promise<void> {
    if (gathered.length === 0 || !control.connected) return
    const results = gathered
    gathered = []
    const { config, guard } = state()
    const { network, cluster, node } = config.election
    const { generation, epoch } = guard.token
    const statement = await signStatement(
      'resultReport',
      { network, cluster, generation, epoch, node, results, heard: [] },
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
