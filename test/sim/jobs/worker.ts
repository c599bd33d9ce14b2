/** One process of the simulator: runs what it is sent, one task at a time. */
import { run } from '../run/run.ts'
import type { Answer, Task } from './task.ts'

process.on('message', (task: Task) => {
  process.send?.(perform(task))
})
process.on('disconnect', () => process.exit(0))

/** The first assertion of the core that would have stopped a node, when a planted defect lets nodes go on (`planting.ts`). */
function firstAssertion(): string | null {
  return (globalThis as { batonAssertion?: string }).batonAssertion ?? null
}

function perform({ spec, twice, failsQuietly }: Task): Answer {
  const before = process.cpuUsage()
  const cpuMs = () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  try {
    const result = run(spec, { failsQuietly })
    const ran = cpuMs()
    const differs = twice && run(spec, { failsQuietly }).hash !== result.hash
    return { ok: true, result, cpuMs: ran, differs, assertion: firstAssertion() }
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { ok: false, seed: spec.seed, why, cpuMs: cpuMs() }
  }
}
