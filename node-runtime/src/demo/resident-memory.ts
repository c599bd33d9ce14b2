import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Mean resident memory of the processes in MB, to one decimal. */
export function residentMB(pids: readonly number[]): number {
  if (pids.length === 0) return 0
  const kib = pids.map(residentKiB).reduce((sum, value) => sum + value, 0)
  return Math.round((kib / pids.length / 1024) * 10) / 10
}

function residentKiB(pid: number): number {
  try {
    if (process.platform !== 'linux') return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString())
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    // The process has ended since it was listed.
    return 0
  }
}
