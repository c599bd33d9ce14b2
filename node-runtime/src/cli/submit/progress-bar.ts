import { finished, format, type Tally } from './tally.ts'

const WIDTH = 28
const EVERY_MS = 100

/** `[=========>    ] 1,234/5,000  1,562/s  ETA 0:02  2 refused`; without a total only count and rate. */
export function progressLine(tally: Tally, elapsedMs: number): string {
  const done = tally.executed + tally.refused + tally.failed
  const rate = elapsedMs > 0 ? (done / elapsedMs) * 1_000 : 0
  const parts = [`${format(Math.round(rate))}/s`]
  const at = finished(tally)
  if (tally.total === null) parts.unshift(format(at))
  else {
    const filled = tally.total === 0 ? WIDTH : Math.min(WIDTH, Math.floor((at / tally.total) * WIDTH))
    const bar = `${'='.repeat(filled)}${filled < WIDTH ? '>' : ''}`.slice(0, WIDTH).padEnd(WIDTH)
    parts.unshift(`[${bar}] ${format(at)}/${format(tally.total)}`)
    parts.push(`ETA ${rate > 0 ? clock((tally.total - at) / rate) : '-'}`)
  }
  if (tally.refused > 0) parts.push(`${format(tally.refused)} refused`)
  if (tally.failed > 0) parts.push(`${format(tally.failed)} failed`)
  return parts.join('  ')
}

/** Draws on a terminal until the returned function is called, which clears the line. */
export function drawProgress(tally: Tally, startMs: number, terminal: NodeJS.WriteStream): () => void {
  const draw = () => terminal.write(`\r${progressLine(tally, performance.now() - startMs)}\x1b[K`)
  const timer = setInterval(draw, EVERY_MS)
  draw()
  return () => {
    clearInterval(timer)
    terminal.write('\r\x1b[K')
  }
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
