/** Unix time in milliseconds with a fraction: comparable between the processes of one machine. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
