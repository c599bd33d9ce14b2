/** Processor time of a process of this machine. */
import { readFileSync } from 'node:fs'

/** Linux counts it in hundredths of a second. */
const MS_PER_TICK = 10

/** In ms, all its threads, user and system, since it started. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}
