/** Waits for a condition instead of for luck. Fails after `boundMs`. */
export async function untilTrue(
  condition: () => boolean | Promise<boolean>,
  boundMs: number,
  everyMs = 20,
): Promise<void> {
  const start = performance.now()
  while (!(await condition())) {
    if (performance.now() - start > boundMs) throw new Error(`not true within ${boundMs} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
