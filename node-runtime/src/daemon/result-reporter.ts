/** Reports to the directory what the master gathers (NW4, RG6), signed. Nothing waits for it. */
import type { MissedRun, ResultEntry } from '@baton/shared/core/audit/types'
import { dueReport, type Gathered, gather } from '@baton/shared/core/node/reporting'
import type { NodeState } from '@baton/shared/core/node/state'
import { signStatement } from '@baton/shared/crypto/statements'
import type { Instant } from '@baton/shared/ids'
import type { ControlLink } from '@baton/shared/ports/control-link'

export interface ResultReporter {
  take(entry: ResultEntry, missed: readonly MissedRun[]): void
  stop(): void
}

export interface ResultReporterPorts {
  readonly state: () => NodeState
  readonly now: () => Instant
  readonly everyMs: number
  readonly control: ControlLink
  readonly privateKey: Parameters<typeof signStatement>[2]
}

export function resultReporter({ state, now, everyMs, control, privateKey }: ResultReporterPorts): ResultReporter {
  let gathered: Gathered = { results: [], missed: [], reportedAt: now() }
  const timer = setInterval(() => void report(), everyMs)
  timer.unref()

  async function report(): Promise<void> {
    const due = dueReport(state(), gathered, now(), control.connected)
    gathered = due.gathered
    if (due.report === null) return
    control.send({ t: 'results', report: await signStatement('resultReport', due.report, privateKey) })
  }

  return {
    take(entry, missed) {
      gathered = gather(gathered, entry, missed)
    },
    stop: () => clearInterval(timer),
  }
}
